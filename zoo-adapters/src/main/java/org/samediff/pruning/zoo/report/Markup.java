package org.samediff.pruning.zoo.report;

import com.google.common.html.HtmlEscapers;
import java.util.Locale;

/** Pieces of HTML, and numbers as the page shows them. */
final class Markup {
  private Markup() {}

  static String escape(String text) {
    return HtmlEscapers.htmlEscaper().escape(text);
  }

  static String count(long n) {
    return String.format(Locale.ROOT, "%,d", n);
  }

  static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * share);
  }

  static String significant(double value) {
    boolean plain = Math.abs(value) >= 1e-3 && Math.abs(value) < 1e4;
    return value == 0 ? "0" : String.format(Locale.ROOT, plain ? "%.3f" : "%.2e", value);
  }

  /** A table; columns whose names begin with a star hold numbers. */
  static final class Table {
    private final String[] columns;
    private final StringBuilder rows = new StringBuilder();

    Table(String... columns) {
      this.columns = columns;
    }

    /** One cell for each column; plain text. */
    void row(String... cells) {
      rows.append("<tr>");
      for (int i = 0; i < cells.length; i++) {
        rows.append("<td class=\"")
            .append(isNumber(i) ? "num" : "any")
            .append("\">")
            .append(escape(cells[i]))
            .append("</td>");
      }
      rows.append("</tr>\n");
    }

    private boolean isNumber(int column) {
      return columns[column].startsWith("*");
    }

    /** Behind a title that opens it. */
    String folded(String title) {
      StringBuilder html = new StringBuilder("<details><summary>").append(escape(title));
      html.append("</summary><div class=\"scroll\"><table><thead><tr>");
      for (int i = 0; i < columns.length; i++) {
        html.append(isNumber(i) ? "<th class=\"num\">" : "<th>")
            .append(escape(columns[i].replace("*", "")))
            .append("</th>");
      }
      html.append("</tr></thead><tbody>\n").append(rows);
      return html.append("</tbody></table></div></details>").toString();
    }
  }
}
