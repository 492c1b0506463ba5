package org.samediff.pruning;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.CostModel;
import org.samediff.pruning.channels.CostModel.Measure;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.model.ModelFiles;
import org.samediff.pruning.ops.TrainableBatchNorm;

/**
 * Tries on a graph, without data or training, whether this library can prune it: scores the filters
 * by their weights, sets the lowest to zero, removes them, and compares the masked graph with the
 * compacted one on generated inputs, in float32 and in double, in inference and, where the graph
 * has a loss that SameDiff can differentiate, in training mode.
 *
 * <pre>{@code
 * Verdict verdict = PruningCheck.of(sd, 0.5);
 * }</pre>
 *
 * <p>The graph needs no TrainingConfig, loss or labels. It is only read: everything runs on copies,
 * at most three in double precision at a time. Dropout is passed through in the comparison. Do not
 * run two checks at the same time.
 */
public final class PruningCheck {
  /** How filters are ranked. */
  public enum Score {
    /** Euclidean norm of a channel's filters. */
    L2,
    /** Uniform numbers from the seed. */
    RANDOM
  }

  /**
   * What to try.
   *
   * @param ratio share of each group's channels to cut, in [0, 1); one channel always stays, and if
   *     above zero at least one goes
   * @param score how filters are ranked
   * @param seed of random scores and generated inputs
   * @param allowInexact also cut what changes the outputs in a way that is known beforehand
   * @param denseUnits also cut the units of dense layers
   * @param exampleInputs arrays for placeholders; the others are generated, which needs a declared
   *     shape with no axis open but the first
   */
  public record Options(
      double ratio,
      Score score,
      long seed,
      boolean allowInexact,
      boolean denseUnits,
      Map<String, INDArray> exampleInputs) {
    /**
     * Checks the ratio and copies the map.
     *
     * @throws PruningException BAD_OPTION if the ratio is outside [0, 1)
     */
    public Options {
      if (!(ratio >= 0 && ratio < 1)) {
        throw new PruningException(
            Code.BAD_OPTION, "the ratio to cut must be at least 0 and below 1, got " + ratio);
      }
      exampleInputs = Map.copyOf(exampleInputs);
    }

    /** This ratio, L2 norms, seed 42, exact cuts of filters only, generated inputs. */
    public static Options of(double ratio) {
      return new Options(ratio, Score.L2, 42, false, false, Map.of());
    }

    /** The same with another score. */
    public Options withScore(Score other) {
      return new Options(ratio, other, seed, allowInexact, denseUnits, exampleInputs);
    }

    /** The same with another seed. */
    public Options withSeed(long other) {
      return new Options(ratio, score, other, allowInexact, denseUnits, exampleInputs);
    }

    /** The same with inexact cuts allowed or not. */
    public Options withAllowInexact(boolean allowed) {
      return new Options(ratio, score, seed, allowed, denseUnits, exampleInputs);
    }

    /** The same with or without the units of dense layers. */
    public Options withDenseUnits(boolean cut) {
      return new Options(ratio, score, seed, allowInexact, cut, exampleInputs);
    }

    /** The same with these inputs. */
    public Options withExampleInputs(Map<String, INDArray> inputs) {
      return new Options(ratio, score, seed, allowInexact, denseUnits, inputs);
    }
  }

  private PruningCheck() {}

  /**
   * {@link #of(SameDiff, Options)} with {@link Options#of}.
   *
   * @param ratio share of each group's channels to cut, in [0, 1)
   * @throws PruningException BAD_OPTION if the ratio is outside
   */
  public static Verdict of(SameDiff sd, double ratio) {
    return of(sd, Options.of(ratio));
  }

  /**
   * Checks the graph of a SameDiff file.
   *
   * @throws PruningException IO if there is no such file or it cannot be read; a file that SameDiff
   *     cannot load is {@link Verdict.Refused}
   */
  public static Verdict of(Path file, Options options) {
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new PruningException(
          Code.IO,
          "\"" + file + "\" is no readable file; name a graph that SameDiff.save has written");
    }
    SameDiff sd;
    try {
      sd = ModelFiles.load(file);
    } catch (PruningException e) {
      return new Verdict.Refused(
          "", "SameDiff cannot load \"" + file + "\": " + Attempt.message(e));
    }
    return of(sd, options);
  }

  /** Checks a graph, which is only read. Throws nothing for a graph that SameDiff can run. */
  public static Verdict of(SameDiff sd, Options options) {
    TrainableBatchNorm.register();
    try {
      Attempt.onGraphOf(sd, "", () -> CheckTrial.requireSound(sd));
      CheckTrial single = CheckTrial.run(sd, DataType.FLOAT, options);
      List<String> notes = new ArrayList<>(single.notes());
      Verdict.Differences wide = inDouble(sd, options, single, notes);
      Verdict.Figures figures = figures(single, wide, notes);
      return single.inexact().isEmpty()
          ? new Verdict.Equal(figures)
          : new Verdict.Inexact(figures, single.inexact());
    } catch (Attempt.Ended e) {
      return e.verdict();
    }
  }

  /** A graph that runs in float32 and not in double is not refused for it. */
  private static Verdict.Differences inDouble(
      SameDiff sd, Options options, CheckTrial single, List<String> notes) {
    try {
      CheckTrial trial = CheckTrial.run(sd, DataType.DOUBLE, options, single.kept());
      trial.notes().stream().filter(n -> !notes.contains(n)).forEach(notes::add);
      return trial.differences();
    } catch (Attempt.Ended e) {
      if (e.verdict() instanceof Verdict.Refused refused) {
        notes.add(
            String.format(
                Locale.ROOT,
                "not compared in double precision: \"%s\": %s",
                refused.op(),
                refused.reason()));
        return Verdict.Differences.NONE;
      }
      throw e;
    }
  }

  private static Verdict.Figures figures(
      CheckTrial trial, Verdict.Differences wide, List<String> notes) {
    ChannelAnalysis analysis = trial.analysis();
    CostModel cost = analysis.cost();
    boolean[][] kept = trial.kept();
    int left = 0;
    for (boolean[] group : kept) {
      for (boolean stays : group) {
        left += stays ? 1 : 0;
      }
    }
    return new Verdict.Figures(
        analysis.groups().size(),
        analysis.channelCount(),
        analysis.channelCount() - left,
        cost.total(Measure.FILTERS),
        cost.cost(Measure.FILTERS, kept),
        cost.total(Measure.PARAMETERS),
        cost.cost(Measure.PARAMETERS, kept),
        cost.total(Measure.MACS),
        cost.cost(Measure.MACS, kept),
        new TreeMap<>(analysis.kept()),
        trial.differences(),
        wide,
        List.copyOf(notes));
  }
}
