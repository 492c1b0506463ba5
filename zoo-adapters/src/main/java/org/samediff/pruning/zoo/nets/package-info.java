/** Small networks built directly in SameDiff. */
@NullMarked
package org.samediff.pruning.zoo.nets;

import org.jspecify.annotations.NullMarked;
