/** Image data for the demo networks. */
@NullMarked
package org.samediff.pruning.zoo.data;

import org.jspecify.annotations.NullMarked;
