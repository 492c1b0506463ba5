package org.samediff.pruning.zoo.run;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** The figures of one or more runs as a table, one column per network. */
public final class FiguresTable {
  private final List<Figures> runs;
  private final StringBuilder text = new StringBuilder();

  private FiguresTable(List<Figures> runs) {
    this.runs = runs;
  }

  /** Lines of text without a final line break. */
  public static String of(List<Figures> runs) {
    FiguresTable table = new FiguresTable(runs);
    table.fill();
    return table.text.toString().stripTrailing();
  }

  private void fill() {
    row("", Figures::network);
    row("accuracy, dense", f -> percent(f.accuracyDense()));
    row("accuracy, masked", f -> percent(f.accuracyMasked()));
    row("accuracy, compacted", f -> percent(f.accuracyCompacted()));
    row("filters", f -> change(f.filtersBefore(), f.filtersAfter()));
    row("parameters", f -> change(f.paramsBefore(), f.paramsAfter()));
    row("MACs per image", f -> change(f.macsBefore(), f.macsAfter()));
    row("file size, bytes", f -> change(f.bytesBefore(), f.bytesAfter()));
    row("latency, 1 image", f -> speed(f.latencyMsBeforeBatch1(), f.latencyMsAfterBatch1()));
    row("latency, 32 images", f -> speed(f.latencyMsBefore(), f.latencyMsAfter()));
    row("largest output difference", f -> String.format(Locale.ROOT, "%.1e", f.maxRelDiff()));
    row("task features kept (TRK)", f -> f.trk() == null ? "none to keep" : percent(f.trk()));
  }

  private void row(String name, Function<Figures, String> cell) {
    text.append(String.format(Locale.ROOT, "%-26s", name));
    for (Figures run : runs) {
      text.append(String.format(Locale.ROOT, "%34s", cell.apply(run)));
    }
    text.append(System.lineSeparator());
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * share);
  }

  private static String change(long before, long after) {
    return String.format(
        Locale.ROOT, "%d -> %d (%+.0f %%)", before, after, 100.0 * (after - before) / before);
  }

  private static String speed(double before, double after) {
    return String.format(Locale.ROOT, "%.2f -> %.2f ms (x%.2f)", before, after, before / after);
  }
}
