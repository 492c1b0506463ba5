/** Latency as a measure: ops timed at several widths on this machine, and graphs side by side. */
@org.jspecify.annotations.NullMarked
package org.samediff.pruning.latency;
