/** The networks that the benchmarks run on, built directly in SameDiff. */
package org.samediff.pruning.bench.nets;
