package org.samediff.pruning.zoo.dl4j;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * A SameDiff graph and the names in it; SameDiff files keep the graph, but not which variables are
 * its outputs.
 *
 * @param graph independent of the network: all weights are copies. A layer or vertex keeps its name
 *     for its result; what belongs to it is called {@code <name>/...}
 * @param inputs placeholders, {@code [N, C, H, W]} or {@code [N, length]}, in the network's order
 * @param outputs the network's outputs, behind their activations, in the network's order
 * @param labels placeholders for the labels, one per output with a loss, in that order; of the
 *     shape of the output (YOLO: {@code [N, 4 + classes, H, W]})
 * @param logits what a single output's softmax or sigmoid is applied to, if there is one
 * @param loss scalar that training minimises: the sum over the outputs' losses, without
 *     regularisation
 * @param layers layer name to the names of its stored arrays, weights first; layers without any are
 *     left out
 * @param downgrades settings of the network that the graph does not have, in words
 */
public record ConvertedNetwork(
    SameDiff graph,
    List<String> inputs,
    List<String> outputs,
    List<String> labels,
    Optional<String> logits,
    Optional<String> loss,
    Map<String, List<String>> layers,
    List<String> downgrades) {
  /** Copies the collections. */
  public ConvertedNetwork {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    labels = List.copyOf(labels);
    layers = Collections.unmodifiableMap(new LinkedHashMap<>(layers));
    downgrades = List.copyOf(downgrades);
  }
}
