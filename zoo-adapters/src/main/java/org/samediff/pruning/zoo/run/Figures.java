package org.samediff.pruning.zoo.run;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import org.jspecify.annotations.Nullable;

/**
 * What one run measured, before and after pruning. In JSON the names are written with underscores.
 *
 * @param network lower-case name
 * @param seed of weights and batches
 * @param criterion that chose the filters
 * @param target what was to be removed: filters, parameters or macs
 * @param ratio share of it to remove
 * @param accuracyDense on the test images, 0 to 1
 * @param accuracyMasked of the pruned network with its redundant filters at zero
 * @param accuracyCompacted of the network loaded from the saved file
 * @param bytesBefore size of the dense network's file without updater state
 * @param bytesAfter size of the compacted network's file without updater state
 * @param latencyMsBefore milliseconds for 32 images
 * @param latencyMsBeforeBatch1 milliseconds for one image
 * @param maxRelDiff largest relative difference between masked and compacted outputs
 * @param latencyMsAfter the same of the compacted network
 * @param latencyMsAfterBatch1 the same of the compacted network
 * @param filtersBefore output channels of all convolutions
 * @param filtersAfter the same of the compacted network
 * @param paramsBefore trainable numbers
 * @param paramsAfter the same of the compacted network
 * @param macsBefore multiply-accumulates for one image
 * @param macsAfter the same of the compacted network
 * @param trk share of the task-relevant features that was kept, 0 to 1; null where the dense
 *     network has none, such as an untrained one whose batch norm overflows
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record Figures(
    String network,
    long seed,
    String criterion,
    String target,
    double ratio,
    double accuracyDense,
    double accuracyMasked,
    double accuracyCompacted,
    long filtersBefore,
    long filtersAfter,
    long paramsBefore,
    long paramsAfter,
    long macsBefore,
    long macsAfter,
    long bytesBefore,
    long bytesAfter,
    double latencyMsBefore,
    double latencyMsAfter,
    double latencyMsBeforeBatch1,
    double latencyMsAfterBatch1,
    double maxRelDiff,
    @Nullable Double trk) {}
