package org.samediff.pruning.it.families;

import java.util.Locale;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * Cuts every family of networks in both layouts and both precisions, half of each group and all but
 * one channel, and prints what came out as a table and, last, as one JSON object.
 */
public final class ShapesRun {
  private int compacted;
  private int refused;
  private int differences;
  private double worstDouble;
  private double worstFloat;

  private ShapesRun() {}

  public static void main(String[] args) {
    ShapesRun run = new ShapesRun();
    Families.all().forEach(run::add);
    System.out.printf(
        Locale.ROOT,
        "{\"name\":\"shapes\",\"architectures\":%d,\"compacted\":%d,\"refused\":%d,"
            + "\"differences\":%d,\"worst_rel_diff_double\":%.3g,\"worst_rel_diff_float\":%.3g}%n",
        run.compacted + run.refused + run.differences,
        run.compacted,
        run.refused,
        run.differences,
        run.worstDouble,
        run.worstFloat);
  }

  private void add(Family family) {
    String what;
    try {
      boolean cut = true;
      double d = 0;
      double f = 0;
      for (boolean nhwc : new boolean[] {false, true}) {
        FamilyTrial wide = new FamilyTrial(family, DataType.DOUBLE, nhwc);
        FamilyTrial narrow = new FamilyTrial(family, DataType.FLOAT, nhwc);
        cut &= wide.cuts() && narrow.cuts();
        if (cut) {
          d = Math.max(d, Math.max(wide.cut(wide.half()), wide.cut(wide.one())));
          f = Math.max(f, Math.max(narrow.cut(narrow.half()), narrow.cut(narrow.one())));
        }
      }
      compacted += cut ? 1 : 0;
      refused += cut ? 0 : 1;
      worstDouble = Math.max(worstDouble, d);
      worstFloat = Math.max(worstFloat, f);
      what = cut ? String.format(Locale.ROOT, "%.2g double, %.2g float", d, f) : "refused";
    } catch (RuntimeException e) {
      differences++;
      what = "DIFFERS: " + e.getMessage();
    }
    System.out.printf("%-50s %s%n", family, what);
  }
}
