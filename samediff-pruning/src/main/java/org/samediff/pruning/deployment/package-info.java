/** From a trained graph to one that only infers, and is faster at it. */
@NullMarked
package org.samediff.pruning.deployment;

import org.jspecify.annotations.NullMarked;
