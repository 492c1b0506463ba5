package org.samediff.pruning.it.random;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

/** Seed to spec: the same seed always gives the same graph. */
final class Generator {
  static final int MOST_LAYERS = 12;

  private final Random random;
  private final Draft draft;
  private final boolean loss;

  private Generator(long seed) {
    random = new Random(seed * 6364136223846793005L + 1442695040888963407L);
    loss = random.nextInt(3) > 0;
    List<Shape> inputs = inputs();
    Optional<GraphSpec.End> end =
        loss ? Optional.of(new GraphSpec.End(0, false, 2)) : Optional.empty();
    int most = 1 + Math.max(random.nextInt(MOST_LAYERS), random.nextInt(MOST_LAYERS));
    draft = new Draft(new GraphSpec(seed, inputs, List.of(), end), most);
  }

  /** The spec of a seed. */
  static GraphSpec generate(long seed) {
    return new Generator(seed).generate();
  }

  private List<Shape> inputs() {
    int family = random.nextInt(100);
    boolean last = random.nextBoolean();
    int spaceRank = family < 82 ? 2 : family < 91 ? 1 : 3;
    int largest = spaceRank == 3 ? 5 : 9;
    List<Integer> space = new ArrayList<>();
    for (int d = 0; d < spaceRank; d++) {
      space.add(4 + random.nextInt(largest - 3));
    }
    if (random.nextInt(2) == 0) {
      space.replaceAll(d -> d / 2 * 2);
    }
    List<Shape> inputs = new ArrayList<>();
    inputs.add(Shape.of(last, 1 + random.nextInt(spaceRank == 3 ? 4 : 8), space));
    if (random.nextInt(6) == 0) {
      inputs.add(Shape.of(last, 1 + random.nextInt(4), space));
    }
    return inputs;
  }

  private GraphSpec generate() {
    for (int i = 0; i < draft.spec().inputs().size(); i++) {
      if (random.nextInt(i == 0 ? 30 : 4) > 0) {
        stem(i);
      }
    }
    for (int tries = 0; tries < 200 && !draft.full(); tries++) {
      if (random.nextInt(5) > 0 || !new Blocks(draft, random).add(pick())) {
        layer();
      }
    }
    if (draft.layers().isEmpty()) {
      stem(0);
    }
    GraphSpec spec = draft.spec();
    spec = loss ? closed(spec) : spec;
    return random.nextInt(4) == 0 ? spec : withoutDeadBranches(spec);
  }

  private void stem(int input) {
    String kind =
        switch (draft.shape(input).rank()) {
          case 3 -> "conv1d";
          case 4 -> "conv2d";
          default -> "conv3d";
        };
    for (int tries = 0; tries < 20; tries++) {
      Map<String, Integer> params =
          new TreeMap<>(LayerKinds.of(kind).propose().propose(random, List.of(draft.shape(input))));
      params.merge("filters", 2, Math::max);
      if (draft.tryAdd(new Layer(kind, List.of(input), params)).isPresent()) {
        return;
      }
    }
  }

  /** Mostly the last value, else one that nothing reads yet, else any. */
  private int pick() {
    int choice = random.nextInt(20);
    List<Integer> leaves = draft.leaves();
    if (choice < 13) {
      return draft.last();
    }
    return choice < 17 && !leaves.isEmpty()
        ? leaves.get(random.nextInt(leaves.size()))
        : random.nextInt(draft.last() + 1);
  }

  private void layer() {
    LayerKind kind = kind();
    List<Integer> inputs = new ArrayList<>(List.of(pick()));
    List<Shape> shapes = new ArrayList<>(List.of(draft.shape(inputs.get(0))));
    Map<String, Integer> params = kind.propose().propose(random, shapes);
    Layer shared = sharing(kind, inputs, params);
    if (draft.tryAdd(shared).isPresent()) {
      return;
    }
    for (int tries = 0; tries < (kind.inputs() == 1 ? 1 : 12); tries++) {
      List<Integer> all = new ArrayList<>(inputs);
      while (all.size() < kind.inputs()) {
        all.add(pick());
      }
      if (draft.tryAdd(new Layer(kind.name(), all, params)).isPresent()) {
        return;
      }
    }
  }

  /** Now and then the weights of an earlier layer of the kind. */
  private Layer sharing(LayerKind kind, List<Integer> inputs, Map<String, Integer> params) {
    Layer own = new Layer(kind.name(), inputs, params);
    int first = draft.spec().inputs().size();
    if (!params.containsKey("filters") && !params.containsKey("units") || random.nextInt(8) > 0) {
      return own;
    }
    for (int v = draft.last(); v >= first; v--) {
      Layer other = draft.layers().get(v - first);
      if (other.kind().equals(kind.name()) && !other.params().containsKey(Layer.SHARE)) {
        return new Layer(kind.name(), inputs, other.params()).with(Layer.SHARE, v);
      }
    }
    return own;
  }

  private LayerKind kind() {
    List<LayerKind> kinds =
        LayerKinds.all().values().stream().filter(k -> k.trainable() || !loss).toList();
    int ticket = random.nextInt(kinds.stream().mapToInt(LayerKind::weight).sum());
    for (LayerKind kind : kinds) {
      ticket -= kind.weight();
      if (ticket < 0) {
        return kind;
      }
    }
    throw new IllegalStateException("no ticket " + ticket);
  }

  private GraphSpec closed(GraphSpec spec) {
    GraphSpec.End end =
        new GraphSpec.End(draft.last(), random.nextBoolean(), 2 + random.nextInt(3));
    return new GraphSpec(spec.seed(), spec.inputs(), spec.layers(), Optional.of(end));
  }

  private GraphSpec withoutDeadBranches(GraphSpec spec) {
    GraphSpec result = spec;
    boolean more = true;
    while (more && loss) {
      more = false;
      for (int leaf : result.leaves()) {
        Optional<GraphSpec> smaller = Edits.withoutValue(result, leaf, -1);
        if (smaller.isPresent()) {
          result = smaller.get();
          more = true;
          break;
        }
      }
    }
    return result;
  }
}
