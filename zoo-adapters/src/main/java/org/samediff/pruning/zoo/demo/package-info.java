/** Trains, prunes and measures the demo networks. */
@NullMarked
package org.samediff.pruning.zoo.demo;

import org.jspecify.annotations.NullMarked;
