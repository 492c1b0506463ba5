package org.samediff.pruning.deployment;

import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.graph.Difference;

/**
 * A graph that only infers: an ordinary SameDiff graph with the placeholders that its outputs need,
 * without loss, labels and TrainingConfig. Its arrays are its own.
 *
 * @param graph the graph; to be saved with {@code save(file, false)}
 * @param outputs names of its outputs, which are those of the graph it was made from
 * @param difference how far its outputs are from that graph's
 * @param changes name of each pass that found something to do, with the number of ops it removed or
 *     changed, in the order of the passes
 */
public record DeploymentGraph(
    SameDiff graph, List<String> outputs, Difference difference, Map<String, Integer> changes) {}
