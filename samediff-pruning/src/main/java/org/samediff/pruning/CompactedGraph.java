package org.samediff.pruning;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.deployment.Deployment;
import org.samediff.pruning.deployment.DeploymentGraph;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.importance.KeptFeatures;
import org.samediff.pruning.model.ModelFiles;
import org.samediff.pruning.model.Provenance;
import org.samediff.pruning.rewrite.ScoreSite;

/**
 * The smaller network: an ordinary SameDiff graph that needs nothing of this library to run, with
 * the names, placeholders, loss, TrainingConfig and (sliced) updater state of the original, so that
 * it can be trained on.
 */
public final class CompactedGraph {
  private final SameDiff graph;
  private final PruningReport report;
  private final PruningPlan plan;
  private final ChannelAnalysis analysis;
  private final List<ScoreSite> sites;
  private final boolean[][] kept;
  private final Map<String, String> facts;

  CompactedGraph(
      SameDiff graph,
      PruningReport report,
      PruningPlan plan,
      ChannelAnalysis analysis,
      List<ScoreSite> sites,
      boolean[][] kept,
      Map<String, String> facts) {
    this.graph = graph;
    this.report = report;
    this.plan = plan;
    this.analysis = analysis;
    this.sites = sites;
    this.kept = kept;
    this.facts = facts;
  }

  /** The compacted graph. */
  public SameDiff graph() {
    return graph;
  }

  /** Sizes before and after, and the largest difference between masked and compacted outputs. */
  public PruningReport report() {
    return report;
  }

  /** What was cut. */
  public PruningPlan plan() {
    return plan;
  }

  /** Where this graph comes from: what its manifest says, with the versions of now. */
  public Provenance provenance() {
    return new Provenance(facts, plan.toJson()).withVersions();
  }

  /**
   * {@link #save(Path, boolean)} without updater state: the file to deploy. Regularisations of
   * classes that are not ND4J's stay out of its TrainingConfig, so that it loads without them.
   */
  public void save(Path file) {
    TrainingConfig config = graph.getTrainingConfig();
    List<Regularization> own = config == null ? null : config.getRegularization();
    if (own == null || own.stream().allMatch(CompactedGraph::isNd4js)) {
      save(file, false);
      return;
    }
    config.setRegularization(own.stream().filter(CompactedGraph::isNd4js).toList());
    try {
      save(file, false);
    } finally {
      config.setRegularization(own);
    }
  }

  private static boolean isNd4js(Regularization regularization) {
    return regularization.getClass().getName().startsWith("org.nd4j.");
  }

  /**
   * Saves the graph as a SameDiff FlatBuffers file that plain {@code SameDiff.load} opens, and
   * beside it a {@link org.samediff.pruning.model.Manifest} with digest, plan and provenance. What
   * was there before stays intact until the new file is whole and on disk. {@link ModelFiles#load}
   * checks both.
   *
   * @param withUpdaterState whether training may go on from the file with its momentum; state that
   *     does not fit into the file goes into one beside it, which {@link ModelFiles#load} finds
   * @throws PruningException IO, TOO_LARGE, OUT_OF_MEMORY, NON_FINITE; a model that was there
   *     before is intact then
   */
  public void save(Path file, boolean withUpdaterState) {
    ModelFiles.save(graph, file, withUpdaterState, provenance());
  }

  /**
   * A graph that only infers and is faster at it: without loss and labels, batch norm folded into
   * weights, maps in the layout that convolutions are fast in; its outputs proven to be this
   * graph's. Its arrays are its own.
   *
   * @param outputs what it is to compute; none for everything that does not need labels
   * @throws PruningException as {@link Deployment#of(SameDiff, List, Map)}
   */
  public DeploymentGraph deployment(String... outputs) {
    List<String> names = outputs.length == 0 ? Deployment.outputs(graph) : List.of(outputs);
    return Deployment.of(graph, names, Map.of());
  }

  /**
   * Kept task-relevant features: {@code sum over kept filters of R * E|A| / sum over all filters},
   * with the task relevance R and mean absolute map E|A| of the dense network, averaged over all
   * prunable layers together.
   *
   * @param dense the network before pruning, with the same names
   * @param data labelled examples; read once from its current position and reset if it can be
   * @return in [0, 1]
   */
  public double keptTaskFeatures(SameDiff dense, DataSetIterator data) {
    return KeptFeatures.measure(dense, sites, analysis, kept, data);
  }
}
