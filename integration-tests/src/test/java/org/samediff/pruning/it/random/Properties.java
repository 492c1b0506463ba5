package org.samediff.pruning.it.random;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.graph.Difference;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.GraphText;

/**
 * What must hold for every graph, whatever it is made of.
 *
 * <ul>
 *   <li>masks at one change no bit of outputs and gradients;
 *   <li>the compacted graph equals the masked one, in inference and in training;
 *   <li>compacting again, and pruning nothing, changes nothing;
 *   <li>exchanging two channels of a group first changes no output;
 *   <li>a saved and loaded compacted graph gives the same outputs;
 *   <li>whatever happens, the graph that was passed in stays as it was, byte for byte.
 * </ul>
 */
final class Properties {
  static final int BATCH = 3;
  private static final int REPETITIONS = 5;

  /** A property that does not hold. */
  static final class Broken extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final String property;

    Broken(String property, String detail) {
      super(detail);
      this.property = property;
    }
  }

  private final GraphSpec spec;
  private final Cutter cutter;
  private double worst;
  private boolean illConditioned;

  private Properties(GraphSpec spec, Cutter cutter) {
    this.spec = spec;
    this.cutter = cutter;
  }

  /** Checks a spec in double and in float; those with odd seeds with units of dense layers cut. */
  static Outcome check(GraphSpec spec) {
    return check(spec, spec.seed() % 2 == 0 ? Cutter.LIBRARY : Cutter.DENSE_UNITS);
  }

  /** The same with something else in the library's place. */
  static Outcome check(GraphSpec spec, Cutter cutter) {
    return new Properties(spec, cutter)
        .guarded(DataType.DOUBLE)
        .and(new Properties(spec, cutter).guarded(DataType.FLOAT));
  }

  private Outcome guarded(DataType type) {
    try {
      return run(type);
    } catch (Broken e) {
      return Outcome.failed(e.property, type + ": " + e.getMessage());
    } catch (RuntimeException | Error e) {
      if (String.valueOf(e.getMessage()).contains("depthwise_conv2d_bp")) {
        // native, in double, with and without this library
        return Outcome.refused("ND4J cannot differentiate depthwise_conv2d on one channel here");
      }
      StackTraceElement[] trace = e.getStackTrace();
      String where = trace.length == 0 ? "" : " at " + trace[0];
      String name =
          e instanceof PruningException p ? p.code().name() : e.getClass().getSimpleName();
      return Outcome.failed("throws " + name, type + ": " + e.getMessage() + where);
    }
  }

  private Outcome run(DataType type) {
    SameDiff sd = GraphBuilder.build(spec, type);
    Map<String, INDArray> inputs = GraphBuilder.inputs(spec, type, BATCH);
    String before = GraphText.digest(sd);
    try {
      cutter.admit(sd, inputs);
      Modes original = Modes.of(sd, inputs);
      if (!original.finite()) {
        return Outcome.refused("an output or a gradient is not finite before anything is cut");
      }
      Outcome outcome = cut(sd, inputs, original, type);
      require(before, GraphText.digest(sd), "the graph that was passed in is unchanged");
      return outcome;
    } catch (PruningException e) {
      if (e.code() == PruningException.Code.NOT_EQUAL) {
        throw new Broken("compacted equals masked", e.getMessage());
      }
      if (e.code() == PruningException.Code.DAMAGED_GRAPH) {
        throw new Broken("every graph and file that comes out is sound", e.getMessage());
      }
      require(before, GraphText.digest(sd), "a refusal leaves the graph unchanged");
      return Outcome.refused(e.code() + ": " + e.getMessage());
    }
  }

  private Outcome cut(SameDiff sd, Map<String, INDArray> inputs, Modes original, DataType type) {
    ChannelAnalysis analysis = cutter.analyze(sd, inputs);
    if (analysis.groups().isEmpty()) {
      return Outcome.refused(
          analysis.kept().isEmpty()
              ? "there is no convolution"
              : new TreeSet<>(analysis.kept().values()).first());
    }
    SameDiff allKept = cutter.masked(sd, analysis, analysis.allKept());
    try {
      masksAtOne(allKept, inputs, original);
    } catch (Broken e) {
      if (repeats(sd, inputs) && (repeats(allKept, inputs) || !spec.has("conv3d"))) {
        throw e;
      }
      return Outcome.refused("ND4J computes another gradient each time");
    }
    nothingPruned(sd, allKept, analysis, inputs);
    exchanged(sd, analysis, inputs, original, type);

    boolean[][] kept = choose(analysis);
    SameDiff masked = cutter.masked(sd, analysis, kept);
    Modes expected = Modes.of(masked, inputs);
    if (!expected.finite()) {
      return Outcome.refused("an output is not finite once channels are zero");
    }
    SameDiff slim = cutter.compacted(masked, analysis, kept, inputs);
    compare("compacted equals masked", expected, Modes.of(slim, inputs), type, kept);
    twice(slim, inputs);
    throughFile(sd, slim, inputs);
    double d = type == DataType.DOUBLE ? worst : 0;
    double f = type == DataType.FLOAT ? worst : 0;
    Outcome.Verdict verdict =
        illConditioned ? Outcome.Verdict.ILL_CONDITIONED : Outcome.Verdict.COMPACTED;
    return new Outcome(verdict, "", "", d, f);
  }

  private static void masksAtOne(SameDiff allKept, Map<String, INDArray> inputs, Modes original) {
    Modes actual = Modes.of(allKept, inputs);
    String property = "masks at one change no bit";
    same(property, original.inference(), actual.inference());
    same(property + " in training", original.training(), actual.training());
    same(property + " of a gradient", original.gradients(), actual.gradients());
  }

  /** Run after run gives the same bits. ND4J leaves some gradients of conv3d unfilled. */
  private static boolean repeats(SameDiff sd, Map<String, INDArray> inputs) {
    Modes first = Modes.of(sd, inputs);
    try {
      for (int i = 0; i < REPETITIONS; i++) {
        masksAtOne(sd, inputs, first);
      }
      return true;
    } catch (Broken e) {
      return false;
    }
  }

  private void nothingPruned(
      SameDiff sd, SameDiff allKept, ChannelAnalysis analysis, Map<String, INDArray> inputs) {
    SameDiff slim = cutter.compacted(allKept, analysis, analysis.allKept(), inputs);
    String property = "pruning nothing changes nothing";
    require(GraphText.of(sd), GraphText.of(slim), property);
    require(GraphText.digest(sd), GraphText.digest(slim), property);
  }

  private void twice(SameDiff slim, Map<String, INDArray> inputs) {
    ChannelAnalysis analysis = cutter.analyze(slim, inputs);
    if (analysis.groups().isEmpty()) {
      return;
    }
    boolean[][] all = analysis.allKept();
    SameDiff again = cutter.compacted(cutter.masked(slim, analysis, all), analysis, all, inputs);
    require(GraphText.digest(slim), GraphText.digest(again), "compacting twice is compacting once");
  }

  private static void throughFile(SameDiff sd, SameDiff slim, Map<String, INDArray> inputs) {
    SameDiff reloaded;
    try {
      reloaded = Reload.ofFile(slim);
    } catch (RuntimeException e) {
      if (canBeSaved(sd)) {
        throw e;
      }
      return;
    }
    same(
        "a loaded file gives the same outputs",
        Modes.inference(slim, inputs),
        Modes.inference(reloaded, inputs));
  }

  /** ND4J writes some ops that it cannot read again: mish, pnormpool2d. */
  private static boolean canBeSaved(SameDiff sd) {
    try {
      Reload.bySameDiff(sd);
      return true;
    } catch (RuntimeException e) {
      return false;
    }
  }

  private void exchanged(
      SameDiff sd,
      ChannelAnalysis analysis,
      Map<String, INDArray> inputs,
      Modes original,
      DataType type) {
    if (spec.padsChannels() || SelectKinds.BY_NUMBER.stream().anyMatch(spec::has)) {
      return; // channels are not alike there
    }
    for (ChannelGroup group : analysis.groups()) {
      int other = group.size() - 1;
      if (other > 0 && Exchange.possible(group, 0, other)) {
        SameDiff exchanged = GraphCopy.from(sd).arrays(new Exchange(group, 0, other)).build();
        compare(
            "exchanging two channels changes no output",
            original,
            Modes.of(exchanged, inputs),
            type,
            new boolean[0][]);
        return;
      }
    }
  }

  /** About a quarter, half or three quarters of each group; now and then one channel is left. */
  private boolean[][] choose(ChannelAnalysis analysis) {
    Random random = new Random(spec.seed() + 7);
    boolean[][] kept = analysis.allKept();
    int quarters = 1 + random.nextInt(4);
    for (boolean[] group : kept) {
      int stays = random.nextInt(group.length);
      for (int c = 0; c < group.length; c++) {
        group[c] = c == stays || random.nextInt(4) >= quarters;
      }
    }
    return kept;
  }

  private void compare(
      String property, Modes expected, Modes actual, DataType type, boolean[][] kept) {
    compare(property, expected.inference(), actual.inference(), type, kept, false);
    compare(property + " in training", expected.training(), actual.training(), type, kept, true);
  }

  private void compare(
      String property,
      Map<String, INDArray> expected,
      Map<String, INDArray> actual,
      DataType type,
      boolean[][] kept,
      boolean training) {
    boolean wide = type == DataType.DOUBLE;
    for (Map.Entry<String, INDArray> e : expected.entrySet()) {
      INDArray a = actual.get(e.getKey());
      // of an output that is zero but for rounding, rounding is all there is to compare
      double size = e.getValue().amaxNumber().doubleValue();
      double absolute = wide ? 1e-9 * Math.max(1e-6, size) : 1e-5;
      Difference d = Difference.between(e.getValue(), a, absolute, wide ? 1e-9 : 1e-4);
      if (!d.within() && !wide && floatIsAsFarOff(e.getKey(), d, kept, training)) {
        illConditioned = true;
      } else if (!d.within()) {
        throw new Broken(
            property,
            String.format(
                "%s: %s expected, %s found, largest difference %.3g",
                e.getKey(), d.expected(), d.actual(), d.maxAbsolute()));
      } else {
        worst = Math.max(worst, d.maxAbsolute() / Math.max(0.1, size));
      }
    }
  }

  /** The masked graph in float is at least a tenth as far from the same graph in double. */
  private boolean floatIsAsFarOff(
      String output, Difference found, boolean[][] kept, boolean training) {
    Map<String, INDArray> narrow = reference(DataType.FLOAT, kept, training);
    Map<String, INDArray> wide = reference(DataType.DOUBLE, kept, training);
    Difference own =
        Difference.between(wide.get(output), narrow.get(output).castTo(DataType.DOUBLE), 0, 0);
    return found.maxAbsolute() <= 10 * own.maxAbsolute();
  }

  private Map<String, INDArray> reference(DataType type, boolean[][] kept, boolean training) {
    SameDiff sd = GraphBuilder.build(spec, type);
    Map<String, INDArray> inputs = GraphBuilder.inputs(spec, type, BATCH);
    SameDiff graph = kept.length == 0 ? sd : cutter.masked(sd, cutter.analyze(sd, inputs), kept);
    Modes modes = Modes.of(graph, inputs);
    return training ? modes.training() : modes.inference();
  }

  private static void same(
      String property, Map<String, INDArray> expected, Map<String, INDArray> actual) {
    List<String> wrong = new ArrayList<>();
    expected.forEach(
        (name, e) -> {
          INDArray a = actual.get(name);
          if (a == null) {
            wrong.add(name + " is missing");
            return;
          }
          Difference d = Difference.between(e, a, 0, 0);
          if (!d.within() || e.dataType() != a.dataType()) {
            wrong.add(name + ": " + d.expected() + " expected, " + d.actual() + " found");
          }
        });
    if (!wrong.isEmpty()) {
      throw new Broken(property, wrong.toString());
    }
  }

  private static void require(String expected, String actual, String property) {
    if (!expected.equals(actual)) {
      throw new Broken(
          property,
          expected.lines().filter(l -> !actual.contains(l)).toList()
              + " became "
              + actual.lines().filter(l -> !expected.contains(l)).toList());
    }
  }
}
