/** The networks of the Deeplearning4j model zoo, built anew or fetched with their weights. */
@NullMarked
package org.samediff.pruning.zoo.catalogue;

import org.jspecify.annotations.NullMarked;
