/** Deeplearning4j networks as SameDiff graphs. {@link Dl4jConverter} is the way in. */
@NullMarked
package org.samediff.pruning.zoo.dl4j;

import org.jspecify.annotations.NullMarked;
