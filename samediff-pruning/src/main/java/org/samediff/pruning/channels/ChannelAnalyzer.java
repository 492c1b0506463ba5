package org.samediff.pruning.channels;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.samediff.pruning.graph.GraphView;

/** Runs the rules over a graph in topological order and collects what they say. Used once. */
final class ChannelAnalyzer {
  private static final int[] NOBODY = {-1, -1};

  private record Filters(GraphView.Op op, int[] atoms, FilterSite site) {}

  private record Patch(ShapePatch place, Supplier<int[]> atoms) {}

  private record Linear(GraphView.Op op, int inputs, int input, int axis, int outputAxis) {}

  /** A convolution whose filters go only where other layers' go. */
  private record Untrained(GraphView.Op op, int[] atoms) {
    String reason() {
      return op.type()
          + " \""
          + op.output()
          + "\" has weights that are not trained, so that masking cannot bring them to zero";
    }
  }

  private record Reason(int[] atoms, String text) {}

  private record Macs(String op, double uses, int[][] axes, long[] shape) {}

  private final GraphView view;
  private final Map<String, long[]> shapes;
  private final long batch;
  private final ChannelSpace space = new ChannelSpace();
  private final Map<String, AxisMap> maps = new HashMap<>();
  private final SortedMap<String, AxisMap> leaves = new TreeMap<>();
  private final List<Filters> filters = new ArrayList<>();
  private final List<Untrained> untrained = new ArrayList<>();
  private final List<Macs> macs = new ArrayList<>();
  private final List<Patch> patches = new ArrayList<>();
  private final List<Grid> grids = new ArrayList<>();
  private final List<Linear> linears = new ArrayList<>();
  private final List<Reason> inexact = new ArrayList<>();
  private final List<Reason> ranges = new ArrayList<>();
  private final CutScope scope;
  private Set<String> results = Set.of();

  ChannelAnalyzer(GraphView view, Map<String, long[]> shapes, long batch, CutScope scope) {
    this.view = view;
    this.shapes = shapes;
    this.batch = batch;
    this.scope = scope;
    for (GraphView.Var v : view.variables()) {
      if (v.stored()) {
        int[][] axes = new int[v.shape().length][];
        for (int d = 0; d < axes.length; d++) {
          axes[d] = space.fresh((int) v.shape()[d]);
        }
        AxisMap map = new AxisMap(axes, Optional.empty(), deadValue(v), true);
        leaves.put(v.name(), map);
        maps.put(v.name(), map);
      }
    }
  }

  /**
   * A trainable variable is masked to zero; a constant that varies along one axis at most has one
   * number per channel. A constant's values are not asked: running averages change.
   */
  private static Dead deadValue(GraphView.Var v) {
    if (v.trainable()) {
      return Dead.ZERO;
    }
    return Arrays.stream(v.shape()).filter(n -> n > 1).count() <= 1 ? Dead.UNIFORM : Dead.VARYING;
  }

  GraphView view() {
    return view;
  }

  ChannelSpace space() {
    return space;
  }

  long batch() {
    return batch;
  }

  AxisMap map(String variable) {
    return maps.computeIfAbsent(variable, v -> AxisMap.untracked(shape(v).length));
  }

  long[] shape(String variable) {
    long[] shape = shapes.get(variable);
    if (shape == null) {
      throw new IllegalStateException("no shape of \"" + variable + "\" is known");
    }
    return shape;
  }

  void define(String variable, AxisMap map) {
    maps.put(variable, map);
  }

  CutScope scope() {
    return scope;
  }

  void filters(GraphView.Op op, int[] atoms, FilterSite site) {
    filters.add(new Filters(op, atoms, site));
  }

  void untrained(GraphView.Op op, int[] atoms) {
    if (atoms != null) {
      untrained.add(new Untrained(op, atoms));
    }
  }

  void macs(GraphView.Op op, double uses, AxisMap weights, long[] shape) {
    macs.add(new Macs(op.name(), uses, weights.axes(), shape));
  }

  void patch(ShapePatch place, Supplier<int[]> atoms) {
    patches.add(new Patch(place, atoms));
  }

  Grid grid(Grid grid) {
    grids.add(grid);
    return grid;
  }

  void fold(GraphView.Op op, int inputs, int input, int axis, int outputAxis) {
    linears.add(new Linear(op, inputs, input, axis, outputAxis));
  }

  void inexact(int[] atoms, String reason) {
    if (atoms == null) {
      return;
    }
    if (scope.allowInexact()) {
      inexact.add(new Reason(atoms, reason));
    } else {
      space.pin(atoms, reason);
    }
  }

  void atLeastOne(int[] atoms, String reason) {
    ranges.add(new Reason(atoms, reason));
  }

  ChannelAnalysis analyze(Iterable<String> outputs) {
    for (GraphView.Op op : view.ops()) {
      if (op.outputs().stream().allMatch(shapes::containsKey)) {
        ChannelRules.of(op.type()).apply(new RuleContext(this, op));
      } else {
        keepAll(op);
      }
    }
    grids.forEach(Grid::settle);
    Set<String> ends = new HashSet<>(view.leaves());
    ends.addAll(view.lossVariables());
    outputs.forEach(ends::add);
    results = ends;
    for (String end : ends) {
      for (int[] axis : map(end).settled().axes()) {
        space.pin(axis, "\"" + end + "\" is an output of the graph");
      }
    }
    for (Filters f : filters) {
      if (scope.ignored().contains(f.op().output())) {
        String reason = "\"" + f.op().output() + "\" is an ignored layer";
        space.pin(f.atoms(), reason);
        for (String in : f.op().inputs()) {
          for (int[] axis : map(in).settled().axes()) {
            space.pin(axis, reason);
          }
        }
      } else if (scope.keepFilters().contains(f.op().output())) {
        space.pin(f.atoms(), "\"" + f.op().output() + "\" is none of the layers to prune");
      }
    }
    Map<ShapePatch, int[]> places = places();
    pinContradictions();
    return new Collector().collect(places);
  }

  /** The channels counted at each place; a place that two ops share has to fit both. */
  private Map<ShapePatch, int[]> places() {
    Map<ShapePatch, int[]> places = new LinkedHashMap<>();
    for (Patch p : patches) {
      int[] atoms = p.atoms().get();
      if (atoms == null) {
        continue;
      }
      int[] other = places.putIfAbsent(p.place(), atoms);
      if (other != null && other.length == atoms.length) {
        space.tie(other, atoms, "the constant of " + p.place());
      } else if (other != null) {
        space.pin(other, "two ops read different channel counts from " + p.place());
        space.pin(atoms, "two ops read different channel counts from " + p.place());
      }
    }
    return places;
  }

  private void pinContradictions() {
    leaves.forEach(
        (name, map) -> {
          for (int[] axis : map.axes()) {
            for (int atom : axis) {
              if (space.isContradictory(atom)) {
                space.pin(
                    new int[] {atom},
                    "\"" + name + "\" is read as weights by one op and as values by another");
              }
            }
          }
        });
  }

  /** An op that the probe run did not reach (control flow): nothing is known about it. */
  private void keepAll(GraphView.Op op) {
    for (String in : op.inputs()) {
      AxisMap map = maps.get(in);
      if (map != null) {
        for (int[] axis : map.settled().axes()) {
          space.pin(axis, op.type() + " \"" + op.output() + "\" was not reached by a plain run");
        }
      }
    }
    op.outputs().forEach(out -> maps.put(out, AxisMap.untracked(0)));
  }

  /** Turns classes of atoms into groups. */
  private final class Collector {
    private Positions positions;

    /** {group, channel} of each root atom; null for one that is never cut. */
    private final int[][] owner = new int[space.size()][];

    ChannelAnalysis collect(Map<ShapePatch, int[]> places) {
      positions = new Positions(space, leaves, candidates());
      if (pinRangesThatMayRunEmpty()) {
        positions = new Positions(space, leaves, candidates());
      }
      List<ChannelGroup> groups = groups();
      CostModel cost = cost(groups);
      Map<ShapePatch, int[][]> owned = new LinkedHashMap<>();
      places.forEach((place, atoms) -> owned.put(place, owners(atoms)));
      Map<String, FilterSite> sites = new LinkedHashMap<>();
      filters.forEach(f -> sites.put(f.op().output(), f.site()));
      return new ChannelAnalysis(
          List.copyOf(groups),
          keptLayers(),
          owned,
          cost,
          sites,
          folds(),
          inexact.stream().map(r -> new InexactCut(r.text(), owners(r.atoms()))).toList(),
          work());
    }

    private List<OpWork> work() {
      Map<String, List<OpWork.Products>> products = new HashMap<>();
      for (Macs m : macs) {
        products
            .computeIfAbsent(m.op(), op -> new ArrayList<>())
            .add(new OpWork.Products(m.uses(), ownersOfAxes(m.axes(), m.shape())));
      }
      return view.ops().stream()
          .filter(op -> shapes.containsKey(op.output()))
          .map(
              op ->
                  new OpWork(
                      op.name(),
                      ownersOfAxes(map(op.output()).settled().axes(), shape(op.output())),
                      products.getOrDefault(op.name(), List.of())))
          .toList();
    }

    private boolean[] candidates() {
      boolean[] candidates = new boolean[space.size()];
      for (Filters f : filters) {
        for (int atom : f.atoms()) {
          if (space.pinReason(atom) == null) {
            candidates[space.find(atom)] = true;
          }
        }
      }
      return candidates;
    }

    /**
     * A group always keeps a channel, so that a slice which holds a whole group, or a channel that
     * is never cut, is never empty; of any other its first channel is pinned.
     */
    private boolean pinRangesThatMayRunEmpty() {
      if (ranges.isEmpty()) {
        return false;
      }
      Map<List<Integer>, Set<Integer>> bySignature = new HashMap<>();
      for (int root = 0; root < space.size(); root++) {
        if (positions.has(root)) {
          bySignature.computeIfAbsent(positions.signature(root), k -> new HashSet<>()).add(root);
        }
      }
      boolean any = false;
      for (Reason range : ranges) {
        Set<Integer> roots = new HashSet<>();
        boolean safe = false;
        for (int atom : range.atoms()) {
          int root = space.find(atom);
          safe |= !positions.has(root) || space.pinReason(root) != null;
          roots.add(root);
        }
        if (!safe && bySignature.values().stream().noneMatch(roots::containsAll)) {
          space.pin(new int[] {range.atoms()[0]}, range.text());
          any = true;
        }
      }
      return any;
    }

    private List<Fold> folds() {
      List<Fold> folds = new ArrayList<>();
      for (Linear l : linears) {
        int[] in = map(l.op().input(l.input())).settled().axes()[l.axis()];
        int[] out = map(l.op().output()).settled().axes()[l.outputAxis()];
        if (in == null) {
          continue;
        }
        int[][] channels = owners(in);
        if (Arrays.stream(channels).anyMatch(o -> o[0] >= 0)) {
          int[][] outputs =
              out != null ? owners(out) : nobody((int) shape(l.op().output())[l.outputAxis()]);
          folds.add(
              new Fold(
                  l.op().name(),
                  l.inputs(),
                  l.input(),
                  l.axis(),
                  channels,
                  shape(l.op().output()).length,
                  l.outputAxis(),
                  outputs,
                  bias(l)));
        }
      }
      return List.copyOf(folds);
    }

    /** The op's own bias, or the vector that the only op behind it adds along the same axis. */
    private Optional<String> bias(Linear l) {
      return l.op().inputs().stream()
          .skip(l.inputs())
          .filter(this::ownedByOneOp)
          .findFirst()
          .or(() -> addedBehind(l.op().output(), l.outputAxis()));
    }

    private Optional<String> addedBehind(String output, int axis) {
      List<GraphView.Op> consumers = view.consumers(output);
      if (consumers.size() != 1 || results.contains(output)) {
        return Optional.empty();
      }
      GraphView.Op behind = consumers.get(0);
      return behind.inputs().stream()
          .filter(i -> !i.equals(output) && ownedByOneOp(i))
          .filter(
              i ->
                  switch (behind.type()) {
                    case "add" -> liesAlong(i, output, axis);
                    case "biasadd" -> BiasAddRule.axis(behind, shape(output).length) == axis;
                    default -> false;
                  })
          .findFirst();
    }

    private boolean ownedByOneOp(String name) {
      return view.variable(name).stored() && view.consumers(name).size() == 1;
    }

    private boolean liesAlong(String vector, String output, int axis) {
      long[] shape = shape(vector);
      long[] whole = shape(output);
      int at = axis - (whole.length - shape.length);
      return at >= 0
          && shape[at] == whole[axis]
          && Arrays.stream(shape).reduce(1, Math::multiplyExact) == whole[axis];
    }

    private static int[][] nobody(int length) {
      int[][] result = new int[length][];
      Arrays.fill(result, NOBODY);
      return result;
    }

    /** Classes that lie on the same axes form a group; order follows the first filter. */
    private List<ChannelGroup> groups() {
      Map<List<Integer>, List<Integer>> bySignature = new LinkedHashMap<>();
      Set<Integer> seen = new HashSet<>();
      for (Filters f : filters) {
        for (int atom : f.atoms()) {
          int root = space.find(atom);
          if (positions.has(root) && seen.add(root)) {
            bySignature
                .computeIfAbsent(positions.signature(root), k -> new ArrayList<>())
                .add(root);
          }
        }
      }
      int g = 0;
      for (List<Integer> roots : bySignature.values()) {
        for (int k = 0; k < roots.size(); k++) {
          owner[roots.get(k)] = new int[] {g, k};
        }
        g++;
      }
      List<Map<String, int[][]>> members = members(g);
      List<ChannelGroup> groups = new ArrayList<>();
      bySignature.forEach(
          (signature, roots) ->
              groups.add(group(members.get(groups.size()), groups.size(), signature, roots)));
      return groups;
    }

    /** For each group, its layers and the filters of each channel in them. */
    private List<Map<String, int[][]>> members(int groups) {
      List<Map<String, int[][]>> members = new ArrayList<>();
      for (int g = 0; g < groups; g++) {
        members.add(new LinkedHashMap<>());
      }
      int[] sizes = new int[groups];
      for (int[] at : owner) {
        if (at != null) {
          sizes[at[0]]++;
        }
      }
      for (Filters f : filters) {
        int[][] owners = owners(f.atoms());
        for (int i = 0; i < owners.length; i++) {
          int g = owners[i][0];
          if (g >= 0) {
            int[][] ofChannel =
                members.get(g).computeIfAbsent(f.op().output(), o -> new int[sizes[g]][0]);
            int[] before = ofChannel[owners[i][1]];
            int[] after = Arrays.copyOf(before, before.length + 1);
            after[before.length] = i;
            ofChannel[owners[i][1]] = after;
          }
        }
      }
      return members;
    }

    private ChannelGroup group(
        Map<String, int[][]> members, int index, List<Integer> signature, List<Integer> roots) {
      SortedMap<LeafAxis, int[][]> cut = new TreeMap<>();
      SortedMap<LeafAxis, int[][]> masked = new TreeMap<>();
      List<LeafAxis> axes = positions.axes(signature);
      for (int a = 0; a < axes.size(); a++) {
        LeafAxis axis = axes.get(a);
        int[][] indices = new int[roots.size()][];
        for (int k = 0; k < indices.length; k++) {
          indices[k] = positions.indices(roots.get(k), a);
        }
        cut.put(axis, indices);
        int atom = leaves.get(axis.variable()).axes()[axis.axis()][indices[0][0]];
        if (view.variable(axis.variable()).trainable() && !space.isConsumer(atom)) {
          masked.put(axis, indices);
        }
      }
      List<String> names = List.copyOf(members.keySet());
      return new ChannelGroup(
          index, names.get(0), roots.size(), names, List.copyOf(members.values()), masked, cut);
    }

    private int[][] owners(int[] atoms) {
      int[][] result = new int[atoms.length][];
      for (int i = 0; i < atoms.length; i++) {
        int[] at = owner[space.find(atoms[i])];
        result[i] = at == null ? NOBODY : at;
      }
      return result;
    }

    private CostModel cost(List<ChannelGroup> groups) {
      CostModel cost = new CostModel(groups.stream().mapToInt(ChannelGroup::size).toArray());
      for (Filters f : filters) {
        cost.add(CostModel.Measure.FILTERS, 1, new int[][][] {owners(f.atoms())});
      }
      leaves.forEach(
          (name, map) -> {
            if (view.variable(name).trainable()) {
              cost.add(CostModel.Measure.PARAMETERS, 1, ownersOfAxes(map.axes()));
            }
          });
      for (Macs m : macs) {
        cost.add(CostModel.Measure.MACS, m.uses(), ownersOfAxes(m.axes(), m.shape()));
      }
      return cost;
    }

    private int[][][] ownersOfAxes(int[][] axes) {
      int[][][] result = new int[axes.length][][];
      for (int d = 0; d < axes.length; d++) {
        result[d] = owners(axes[d]);
      }
      return result;
    }

    /** As above, for weights that an op computes: an untracked axis has its full length. */
    private int[][][] ownersOfAxes(int[][] axes, long[] shape) {
      int[][][] result = new int[axes.length][][];
      for (int d = 0; d < axes.length; d++) {
        if (axes[d] != null) {
          result[d] = owners(axes[d]);
        } else {
          result[d] = nobody((int) shape[d]);
        }
      }
      return result;
    }

    private SortedMap<String, String> keptLayers() {
      SortedMap<String, String> kept = new TreeMap<>();
      for (Filters f : filters) {
        for (int atom : f.atoms()) {
          String reason = space.pinReason(atom);
          if (reason != null) {
            kept.putIfAbsent(f.op().output(), reason);
          }
        }
      }
      for (Untrained u : untrained) {
        if (Arrays.stream(owners(u.atoms())).allMatch(o -> o[0] < 0)) {
          kept.put(u.op().output(), u.reason());
        }
      }
      return kept;
    }
  }
}
