/** Trains a network, prunes it while it trains, compacts it, and measures what came of it. */
@NullMarked
package org.samediff.pruning.zoo.run;

import org.jspecify.annotations.NullMarked;
