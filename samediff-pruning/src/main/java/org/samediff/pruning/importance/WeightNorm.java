package org.samediff.pruning.importance;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.rewrite.ReservedNames;
import org.samediff.pruning.rewrite.ScoreSite;

/** Norm of a filter's weights over everything but the filter axis. */
record WeightNorm(Order order) implements Criterion {
  enum Order {
    L1,
    L2
  }

  @Override
  public String name() {
    return order == Order.L1 ? "l1" : "l2";
  }

  @Override
  public SiteScorer at(ScoreSite site, ScoringOptions options) {
    String name = ReservedNames.score(site.layer(), name());
    return new VectorScorer(name, site.filters(), options.decay()) {
      @Override
      void add(SameDiff graph, String as) {
        SDVariable w = graph.getVariable(site.weights());
        int[] others =
            IntStream.rangeClosed(0, site.space().size() + 1)
                .filter(d -> d != site.filterAxis())
                .toArray();
        if (order == Order.L1) {
          w.norm1(as, others);
        } else {
          w.norm2(as, others);
        }
      }
    };
  }

  /** A scorer whose graph op yields the score itself, one number per filter. */
  abstract static class VectorScorer implements SiteScorer {
    private final String name;
    private final MovingAverage average;

    VectorScorer(String name, int filters, double decay) {
      this.name = name;
      average = new MovingAverage(filters, decay);
    }

    abstract void add(SameDiff graph, String as);

    /** Turns the op's output into one number per filter. */
    double[] perFilter(double[] output) {
      return output;
    }

    @Override
    public List<String> addForward(SameDiff graph) {
      add(graph, name);
      return List.of(name);
    }

    @Override
    public void step(Map<String, double[]> values, @Nullable StepLabels labels) {
      average.add(perFilter(values.get(name)));
    }

    @Override
    public Map<String, double[]> state() {
      return Map.of("average", average.state());
    }

    @Override
    public void restore(Map<String, double[]> state) {
      average.restore(state.get("average"));
    }

    @Override
    public double[] score() {
      return MovingAverage.byMean(average.get());
    }
  }
}
