/** The command line {@code samediff-pruning}. */
@NullMarked
package org.samediff.pruning.zoo.cli;

import org.jspecify.annotations.NullMarked;
