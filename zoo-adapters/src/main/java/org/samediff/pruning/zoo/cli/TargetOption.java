package org.samediff.pruning.zoo.cli;

import org.jspecify.annotations.Nullable;
import org.samediff.pruning.channels.CostModel.Measure;
import org.samediff.pruning.training.PruningTarget;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/**
 * One of {@code --macs}, {@code --params}, {@code --filters} and {@code --latency}: how much is to
 * be removed.
 */
final class TargetOption {
  private static final double HALF = 0.5;

  @Option(
      names = "--macs",
      paramLabel = "RATIO",
      description = "Share of the multiply-accumulates to remove; 0.5 if no target is given.")
  private @Nullable Double macs;

  @Option(
      names = "--params",
      paramLabel = "RATIO",
      description = "Share of the parameters to remove.")
  private @Nullable Double parameters;

  @Option(
      names = "--filters",
      paramLabel = "RATIO",
      description = "Share of the convolution filters to remove.")
  private @Nullable Double filters;

  @Option(
      names = "--latency",
      paramLabel = "RATIO",
      description = "Share of the time of one inference to remove, measured on this machine.")
  private @Nullable Double latency;

  PruningTarget target(CommandSpec spec) {
    if (latency != null) {
      return target(spec, "--latency", Measure.LATENCY, latency);
    }
    if (parameters != null) {
      return target(spec, "--params", Measure.PARAMETERS, parameters);
    }
    if (filters != null) {
      return target(spec, "--filters", Measure.FILTERS, filters);
    }
    return target(spec, "--macs", Measure.MACS, macs == null ? HALF : macs);
  }

  private static PruningTarget target(
      CommandSpec spec, String option, Measure measure, double ratio) {
    Options.checkRatio(spec, option, ratio);
    return new PruningTarget(measure, ratio);
  }
}
