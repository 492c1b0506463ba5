package org.samediff.pruning.model;

import java.util.List;

/**
 * The FlatBuffers tables that SameDiff 1.0.0-M2.1 writes: the kinds of their fields, by field id.
 *
 * @param name for messages
 */
record FlatTable(String name, List<Field> fields) {
  /** What a field holds. */
  sealed interface Field {}

  /** A number of this many bytes in the table itself. */
  record Scalar(int size) implements Field {}

  /** A text. */
  record Text(boolean required) implements Field {}

  /** A vector of numbers of this many bytes. */
  record Numbers(int size, boolean required) implements Field {}

  /** A vector of texts. */
  record Texts() implements Field {}

  /** A table. */
  record Child(FlatTable table, boolean required) implements Field {}

  /** A vector of tables. */
  record Children(FlatTable table) implements Field {}

  /** Something that SameDiff never reads. */
  record Unread() implements Field {}

  private static final Field BYTE = new Scalar(1);
  private static final Field INT = new Scalar(4);
  private static final Field LONG = new Scalar(8);
  private static final Field TEXT = new Text(false);
  private static final Field NAME = new Text(true);
  private static final Field BYTES = new Numbers(1, false);
  private static final Field INTS = new Numbers(4, false);
  private static final Field LONGS = new Numbers(8, false);
  private static final Field TEXTS = new Texts();

  static final FlatTable INT_PAIR = new FlatTable("IntPair", List.of(INT, INT));

  /** shape information, buffer, dtype, byte order. */
  static final FlatTable ARRAY =
      new FlatTable("FlatArray", List.of(new Numbers(8, true), BYTES, BYTE, BYTE));

  /** name, i, l, d, a, b, s, shape. */
  static final FlatTable PROPERTIES =
      new FlatTable(
          "FlatProperties",
          List.of(NAME, INTS, LONGS, LONGS, new Children(ARRAY), BYTES, TEXTS, INTS));

  /** id, name, dtype, shape, array, device, variable type, three lists of control dependencies. */
  static final FlatTable VARIABLE =
      new FlatTable(
          "FlatVariable",
          List.of(
              new Child(INT_PAIR, true),
              NAME,
              BYTE,
              LONGS,
              new Child(ARRAY, false),
              INT,
              BYTE,
              TEXTS,
              TEXTS,
              TEXTS));

  /** In the order of FlatNode's accessors. */
  static final FlatTable NODE =
      new FlatTable(
          "FlatNode",
          List.of(
              INT, // id
              NAME,
              BYTE, // op type
              LONG, // op number
              new Children(PROPERTIES),
              INTS, // inputs, not used
              new Children(INT_PAIR), // inputs
              INTS, // outputs
              LONGS, // floating-point arguments
              LONGS, // integer arguments
              BYTES, // boolean arguments
              INTS, // dimensions
              INT, // device
              INT, // scope
              TEXT, // scope name
              TEXTS, // output names
              TEXT, // op name
              BYTES, // output types
              new Child(ARRAY, false), // scalar
              TEXTS, // control dependencies: on ops,
              TEXTS, // on variables,
              TEXTS, // of ops
              BYTES, // type arguments
              TEXTS)); // text arguments

  static final FlatTable CONFIGURATION =
      new FlatTable("FlatConfiguration", List.of(LONG, BYTE, BYTE, BYTE, BYTE, LONG, LONG, BYTE));

  /** parameter, keys, arrays. */
  static final FlatTable UPDATER_STATE =
      new FlatTable("UpdaterState", List.of(NAME, TEXTS, new Children(ARRAY)));

  /**
   * id, variables, ops, outputs, configuration, placeholders, losses, training configuration,
   * updater state, sequences.
   */
  static final FlatTable GRAPH =
      new FlatTable(
          "FlatGraph",
          List.of(
              LONG,
              new Children(VARIABLE),
              new Children(NODE),
              new Children(INT_PAIR),
              new Child(CONFIGURATION, false),
              TEXTS,
              TEXTS,
              TEXT,
              new Children(UPDATER_STATE),
              new Unread()));

  FlatTable {
    fields = List.copyOf(fields);
  }
}
