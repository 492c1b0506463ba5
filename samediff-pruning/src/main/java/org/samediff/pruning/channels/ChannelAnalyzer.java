package org.samediff.pruning.channels;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.samediff.pruning.graph.GraphView;

/** Runs the rules over a graph in topological order and collects what they say. Used once. */
final class ChannelAnalyzer {
  private static final int[] NOBODY = {-1, -1};

  private record Filters(GraphView.Op op, int[] atoms) {}

  private record Macs(double uses, int[][] axes, long[] shape) {}

  private final GraphView view;
  private final Map<String, long[]> shapes;
  private final long batch;
  private final ChannelSpace space = new ChannelSpace();
  private final Map<String, AxisMap> maps = new HashMap<>();
  private final SortedMap<String, AxisMap> leaves = new TreeMap<>();
  private final List<Filters> filters = new ArrayList<>();
  private final List<Macs> macs = new ArrayList<>();
  private final Map<ShapePatch, int[]> patches = new LinkedHashMap<>();

  ChannelAnalyzer(GraphView view, Map<String, long[]> shapes, long batch) {
    this.view = view;
    this.shapes = shapes;
    this.batch = batch;
    for (GraphView.Var v : view.variables()) {
      if (v.stored()) {
        int[][] axes = new int[v.shape().length][];
        for (int d = 0; d < axes.length; d++) {
          axes[d] = space.fresh((int) v.shape()[d]);
        }
        AxisMap map = new AxisMap(axes, v.trainable(), true);
        leaves.put(v.name(), map);
        maps.put(v.name(), map);
      }
    }
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

  void filters(GraphView.Op op, int[] atoms) {
    filters.add(new Filters(op, atoms));
  }

  void macs(double uses, AxisMap weights, long[] shape) {
    macs.add(new Macs(uses, weights.axes(), shape));
  }

  void patch(ShapePatch patch, int[] atoms) {
    patches.put(patch, atoms);
  }

  ChannelAnalysis analyze(Iterable<String> outputs, Set<String> ignored, Set<String> keepFilters) {
    for (GraphView.Op op : view.ops()) {
      if (op.outputs().stream().allMatch(shapes::containsKey)) {
        ChannelRules.of(op.type()).apply(new RuleContext(this, op));
      } else {
        keepAll(op);
      }
    }
    Set<String> ends = new HashSet<>(view.leaves());
    ends.addAll(view.lossVariables());
    outputs.forEach(ends::add);
    for (String end : ends) {
      for (int[] axis : map(end).axes()) {
        space.pin(axis, "\"" + end + "\" is an output of the graph");
      }
    }
    for (Filters f : filters) {
      if (ignored.contains(f.op().output())) {
        String reason = "\"" + f.op().output() + "\" is an ignored layer";
        space.pin(f.atoms(), reason);
        for (int[] axis : map(f.op().input(1)).axes()) {
          space.pin(axis, reason);
        }
      } else if (keepFilters.contains(f.op().output())) {
        space.pin(f.atoms(), "\"" + f.op().output() + "\" is none of the layers to prune");
      }
    }
    return new Collector().collect();
  }

  /** An op that the probe run did not reach (control flow): nothing is known about it. */
  private void keepAll(GraphView.Op op) {
    for (String in : op.inputs()) {
      AxisMap map = maps.get(in);
      if (map != null) {
        for (int[] axis : map.axes()) {
          space.pin(axis, op.type() + " \"" + op.output() + "\" was not reached by a plain run");
        }
      }
    }
    op.outputs().forEach(out -> maps.put(out, AxisMap.untracked(0)));
  }

  /** Turns classes of atoms into groups. */
  private final class Collector {
    /** Root atom to where its class lies, in leaf order. */
    private final Map<Integer, SortedMap<LeafAxis, List<Integer>>> positions = new HashMap<>();

    /** Root atom to {group, channel}. */
    private final Map<Integer, int[]> owner = new HashMap<>();

    ChannelAnalysis collect() {
      Set<Integer> candidates = new HashSet<>();
      filters.forEach(
          f -> {
            for (int atom : f.atoms()) {
              if (space.pinReason(atom) == null) {
                candidates.add(space.find(atom));
              }
            }
          });
      locate(candidates);
      List<ChannelGroup> groups = groups();
      CostModel cost = cost(groups);
      Map<ShapePatch, int[][]> owned = new LinkedHashMap<>();
      patches.forEach((patch, atoms) -> owned.put(patch, owners(atoms)));
      return new ChannelAnalysis(List.copyOf(groups), keptConvolutions(), owned, cost);
    }

    private void locate(Set<Integer> candidates) {
      leaves.forEach(
          (name, map) -> {
            for (int d = 0; d < map.rank(); d++) {
              int[] atoms = map.axes()[d];
              for (int i = 0; i < atoms.length; i++) {
                int root = space.find(atoms[i]);
                if (candidates.contains(root)) {
                  positions
                      .computeIfAbsent(root, r -> new TreeMap<>())
                      .computeIfAbsent(new LeafAxis(name, d), a -> new ArrayList<>())
                      .add(i);
                }
              }
            }
          });
    }

    /** Classes that lie on the same axes form a group; order follows the first filter. */
    private List<ChannelGroup> groups() {
      Map<Set<LeafAxis>, List<Integer>> byAxes = new LinkedHashMap<>();
      Set<Integer> seen = new HashSet<>();
      for (Filters f : filters) {
        for (int atom : f.atoms()) {
          int root = space.find(atom);
          if (positions.containsKey(root) && seen.add(root)) {
            byAxes.computeIfAbsent(positions.get(root).keySet(), k -> new ArrayList<>()).add(root);
          }
        }
      }
      List<ChannelGroup> groups = new ArrayList<>();
      byAxes.forEach((axes, roots) -> groups.add(group(groups.size(), axes, roots)));
      return groups;
    }

    private ChannelGroup group(int index, Set<LeafAxis> axes, List<Integer> roots) {
      for (int k = 0; k < roots.size(); k++) {
        owner.put(roots.get(k), new int[] {index, k});
      }
      List<String> members = new ArrayList<>();
      List<int[][]> memberFilters = new ArrayList<>();
      for (Filters f : filters) {
        int[][] of = filtersOf(f, roots);
        if (of != null) {
          members.add(f.op().output());
          memberFilters.add(of);
        }
      }
      SortedMap<LeafAxis, int[][]> cut = new TreeMap<>();
      SortedMap<LeafAxis, int[][]> masked = new TreeMap<>();
      for (LeafAxis axis : axes) {
        int[][] indices = new int[roots.size()][];
        for (int k = 0; k < indices.length; k++) {
          indices[k] =
              positions.get(roots.get(k)).get(axis).stream().mapToInt(Integer::intValue).toArray();
        }
        cut.put(axis, indices);
        int atom = leaves.get(axis.variable()).axes()[axis.axis()][indices[0][0]];
        if (view.variable(axis.variable()).trainable() && !space.isConsumer(atom)) {
          masked.put(axis, indices);
        }
      }
      return new ChannelGroup(
          index,
          members.get(0),
          roots.size(),
          List.copyOf(members),
          List.copyOf(memberFilters),
          masked,
          cut);
    }

    private int[][] filtersOf(Filters f, List<Integer> roots) {
      Map<Integer, List<Integer>> byRoot = new HashMap<>();
      for (int i = 0; i < f.atoms().length; i++) {
        byRoot.computeIfAbsent(space.find(f.atoms()[i]), r -> new ArrayList<>()).add(i);
      }
      if (roots.stream().noneMatch(byRoot::containsKey)) {
        return null;
      }
      return roots.stream()
          .map(
              r -> byRoot.getOrDefault(r, List.of()).stream().mapToInt(Integer::intValue).toArray())
          .toArray(int[][]::new);
    }

    private int[][] owners(int[] atoms) {
      int[][] result = new int[atoms.length][];
      for (int i = 0; i < atoms.length; i++) {
        result[i] = owner.getOrDefault(space.find(atoms[i]), NOBODY);
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
          result[d] = new int[(int) shape[d]][];
          Arrays.fill(result[d], NOBODY);
        }
      }
      return result;
    }

    private SortedMap<String, String> keptConvolutions() {
      SortedMap<String, String> kept = new TreeMap<>();
      for (Filters f : filters) {
        for (int atom : f.atoms()) {
          String reason = space.pinReason(atom);
          if (reason != null) {
            kept.putIfAbsent(f.op().output(), reason);
          }
        }
      }
      return kept;
    }
  }
}
