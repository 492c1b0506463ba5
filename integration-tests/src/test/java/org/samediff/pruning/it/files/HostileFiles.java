package org.samediff.pruning.it.files;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.nd4j.graph.DType;
import org.nd4j.graph.OpType;
import org.nd4j.graph.VarType;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.it.files.GraphBytes.Arr;
import org.samediff.pruning.it.files.GraphBytes.Node;
import org.samediff.pruning.it.files.GraphBytes.Property;
import org.samediff.pruning.it.files.GraphBytes.State;
import org.samediff.pruning.it.files.GraphBytes.Var;

/** Files that somebody made to do harm, by name, with the code that refuses each. */
final class HostileFiles {
  record Hostile(byte[] bytes, Code code) {}

  private final Map<String, Hostile> files = new LinkedHashMap<>();

  private HostileFiles() {}

  static Map<String, Hostile> all() {
    HostileFiles h = new HostileFiles();
    h.noModels();
    h.offsets();
    h.arrays();
    h.variables();
    h.ops();
    h.properties();
    h.training();
    return h.files;
  }

  private void raw(String name, byte[] bytes) {
    if (files.put(name, new Hostile(bytes, Code.BAD_FILE)) != null) {
      throw new IllegalStateException("two files are called " + name);
    }
  }

  private void add(String name, Code code, Consumer<GraphBytes> change) {
    raw(name, GraphBytes.with(change));
    files.put(name, new Hostile(files.get(name).bytes(), code));
  }

  private void bad(String name, Consumer<GraphBytes> change) {
    add(name, Code.BAD_FILE, change);
  }

  private void noModels() {
    raw("empty", new byte[0]);
    raw("one-byte", new byte[1]);
    raw("seven-bytes", new byte[7]);
    raw("zeros", new byte[4096]);
    byte[] ones = new byte[4096];
    Arrays.fill(ones, (byte) -1);
    raw("ones", ones);
    raw("text", "This is no model, but a text of some length.".getBytes(StandardCharsets.UTF_8));
    raw("zip", new byte[] {'P', 'K', 3, 4, 20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    raw(
        "java-object",
        new byte[] {(byte) 0xAC, (byte) 0xED, 0, 5, 's', 'r', 0, 4, 'E', 'v', 'i', 'l'});
  }

  private void patch(String name, Consumer<ByteBuffer> change) {
    byte[] bytes = new GraphBytes().write();
    change.accept(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    raw(name, bytes);
  }

  /** Where field {@code id} of the root table is. */
  private static int rootField(ByteBuffer b, int id) {
    int root = b.getInt(0);
    int vtable = root - b.getInt(root);
    return root + b.getShort(vtable + 4 + 2 * id);
  }

  private static int vector(ByteBuffer b, int id) {
    int field = rootField(b, id);
    return field + b.getInt(field);
  }

  private void offsets() {
    patch("root-beyond-the-end", b -> b.putInt(0, b.capacity() + 4));
    patch("root-negative", b -> b.putInt(0, -8));
    patch("root-zero", b -> b.putInt(0, 0));
    patch("vtable-before-the-file", b -> b.putInt(b.getInt(0), Integer.MAX_VALUE));
    patch("vtable-behind-the-file", b -> b.putInt(b.getInt(0), Integer.MIN_VALUE));
    patch("vtable-odd", b -> b.putShort(b.getInt(0) - b.getInt(b.getInt(0)), (short) 7));
    patch("vtable-huge", b -> b.putShort(b.getInt(0) - b.getInt(b.getInt(0)), (short) -2));
    patch("table-huge", b -> b.putShort(b.getInt(0) - b.getInt(b.getInt(0)) + 2, (short) -1));
    patch(
        "field-outside-its-table",
        b -> b.putShort(b.getInt(0) - b.getInt(b.getInt(0)) + 6, (short) -4));
    patch("variables-count-huge", b -> b.putInt(vector(b, 1), Integer.MAX_VALUE));
    patch("variables-count-negative", b -> b.putInt(vector(b, 1), -1));
    patch("variables-count-2-to-30", b -> b.putInt(vector(b, 1), 1 << 30));
    patch("ops-count-huge", b -> b.putInt(vector(b, 2), 1 << 29));
    patch("variable-offset-wraps", b -> b.putInt(vector(b, 1) + 4, -4));
    patch("variable-offset-to-itself", b -> b.putInt(vector(b, 1) + 4, 0));
    patch("config-length-huge", b -> b.putInt(vector(b, 7), Integer.MAX_VALUE));
    patch("config-not-utf8", b -> b.put(vector(b, 7) + 8, (byte) 0xFF));
    patch("config-without-end", b -> b.put(vector(b, 7) + 4 + b.getInt(vector(b, 7)), (byte) 'x'));
    patch(
        "one-variable-many-times",
        b -> {
          // every element leads to the table of the first
          int v = vector(b, 1);
          int table = v + 4 + b.getInt(v + 4);
          for (int i = 1; i < b.getInt(v); i++) {
            b.putInt(v + 4 + 4 * i, table - (v + 4 + 4 * i));
          }
        });
  }

  private void array(String name, Consumer<Arr> change) {
    bad("array-" + name, g -> change.accept(g.w.array));
  }

  private void arrays() {
    array("rank-negative", a -> a.info[0] = -1);
    array("rank-huge", a -> a.info[0] = Integer.MAX_VALUE);
    array("rank-wraps-to-2", a -> a.info[0] = (1L << 32) + 2);
    array("rank-33", a -> a.info = Arr.info(new long[33]));
    array("rank-1-of-2", a -> a.info[0] = 1);
    array("side-negative", a -> a.info[1] = -2);
    array("side-huge", a -> a.info[1] = Long.MAX_VALUE);
    array(
        "sides-overflow-to-the-right-length",
        a -> {
          a.info = Arr.info(1L << 31, 1L << 31, 6);
        });
    array("side-zero-not-marked-empty", a -> a.info[1] = 0);
    array("more-elements-than-bytes", a -> a.info = Arr.info(2, 4));
    array("fewer-elements-than-bytes", a -> a.info = Arr.info(2, 2));
    array("a-billion-elements", a -> a.info = Arr.info(1 << 15, 1 << 15));
    array("marked-empty-with-sides", a -> a.info[5] |= 8);
    array(
        "empty-with-a-huge-side",
        a -> {
          a.info[5] |= 8;
          a.info[1] = 1L << 40;
          a.buffer = null;
        });
    array("stride-huge", a -> a.info[3] = 1L << 33);
    array("stride-negative", a -> a.info[3] = -3);
    array("stride-of-another-order", a -> a.info[3] = 1);
    array("stride-zero", a -> a.info[4] = 0);
    array("order-unknown", a -> a.info[7] = 'x');
    array("flags-of-another-type", a -> a.info[5] = 16384);
    array("flags-two-types", a -> a.info[5] |= 16384);
    array("flags-sparse", a -> a.info[5] |= 2);
    array("flags-compressed", a -> a.info[5] |= 4);
    array("type-unknown", a -> a.dtype = 99);
    array("type-inherit", a -> a.dtype = 0);
    array("type-texts", a -> a.dtype = DType.UTF8);
    array("type-wider-than-the-bytes", a -> a.dtype = DType.DOUBLE);
    array("byte-order-unknown", a -> a.order = 7);
    array("shape-missing", a -> a.info = new long[0]);
    array("buffer-missing", a -> a.buffer = null);
  }

  private void variables() {
    bad("variable-without-name", g -> g.w.name = null);
    bad("variable-with-empty-name", g -> g.b.name = "");
    bad("variable-name-twice", g -> g.b.name = "W");
    bad("variable-id-twice", g -> g.b.id = 2);
    bad("variable-kind-unknown", g -> g.w.kind = 9);
    bad("variable-kind-negative", g -> g.w.kind = -1);
    bad("variable-kind-sequence", g -> g.b.kind = VarType.SEQUENCE);
    bad("variable-type-unknown", g -> g.w.dtype = 77);
    bad("variable-type-not-its-arrays", g -> g.w.dtype = DType.DOUBLE);
    bad("parameter-without-array", g -> g.w.array = null);
    bad("constant-without-array", g -> g.b.array = null);
    bad("placeholder-rank-1000", g -> g.x.shape = new long[1000]);
    bad("placeholder-side-minus-2", g -> g.x.shape = new long[] {-2, 2});
    bad("placeholder-that-is-none", g -> g.placeholders = List.of("W"));
    bad("placeholder-that-does-not-exist", g -> g.placeholders = List.of("nobody"));
    bad("loss-that-does-not-exist", g -> g.losses = List.of("nobody"));
    bad("control-dependency-on-nothing", g -> g.w.controlDeps = List.of("nobody"));
    bad(
        "activation-that-no-op-writes",
        g -> g.variables.add(new Var("stray", 9, VarType.ARRAY, null)));
  }

  private void ops() {
    bad("op-name-twice", g -> g.sum.name = "product");
    bad("op-name-empty", g -> g.sum.name = "");
    bad("op-reads-what-does-not-exist", g -> g.sum.inputs = new int[][] {{4, 0}, {99, 0}});
    bad("op-reads-an-output-that-does-not-exist", g -> g.sum.inputs[0] = new int[] {4, 1});
    bad("op-reads-a-negative-id", g -> g.sum.inputs[0] = new int[] {-1, -1});
    bad("op-waits-for-itself", g -> g.sum.inputs[1] = new int[] {5, 0});
    bad("ops-wait-for-each-other", g -> g.product.inputs[0] = new int[] {5, 0});
    bad("op-writes-a-parameter", g -> g.sum.outputs = List.of("W"));
    bad("op-writes-another-ops-output", g -> g.sum.outputs = List.of("y"));
    bad("op-writes-what-does-not-exist", g -> g.sum.outputs = List.of("nobody"));
    bad("op-writes-nothing", g -> g.sum.outputs = List.of());
    bad("op-control-dependency-on-nothing", g -> g.sum.controlDeps = List.of("nobody"));
    bad("op-along-axis-1000", g -> g.sum.dimensions = new int[] {1000});
    bad("op-type-argument-unknown", g -> g.sum.types = new byte[] {120});
    bad(
        "op-scalar-shorter-than-its-shape",
        g -> {
          g.sum.scalar = new Arr(4);
          g.sum.scalar.buffer = new byte[4];
        });
    add("op-unknown-name", Code.UNKNOWN_OP, g -> g.sum.opName = "format_disk");
    add("op-unknown-number", Code.UNKNOWN_OP, g -> g.sum.opNum = 12345);
    add("op-name-of-another-number", Code.UNKNOWN_OP, g -> g.sum.opName = "subtract");
    add("op-without-name", Code.UNKNOWN_OP, g -> g.sum.opName = null);
    add("op-kind-unknown", Code.UNKNOWN_OP, g -> g.sum.opType = 101);
    add("op-kind-negative", Code.UNKNOWN_OP, g -> g.sum.opType = -5);
    add(
        "op-legacy-number-unknown",
        Code.UNKNOWN_OP,
        g -> {
          g.sum.opType = OpType.PAIRWISE;
          g.sum.opNum = 100_000;
        });
    add(
        "op-legacy-number-wraps",
        Code.UNKNOWN_OP,
        g -> {
          g.sum.opType = OpType.TRANSFORM_SAME;
          g.sum.opNum = 1L << 32;
        });
  }

  private void property(String name, Consumer<Property> change) {
    bad(
        "property-" + name,
        g -> {
          Property p = new Property();
          change.accept(p);
          g.product.properties.add(p);
        });
  }

  private void properties() {
    property(
        "shape-of-more-than-there-is",
        p -> {
          p.i = new int[] {1, 2};
          p.shape = new int[] {1 << 15, 1 << 15};
        });
    property(
        "shape-negative",
        p -> {
          p.i = new int[] {1};
          p.shape = new int[] {-1};
        });
    property(
        "shape-that-overflows",
        p -> {
          p.i = new int[] {1};
          p.shape = new int[] {1 << 30, 1 << 30, 16};
        });
    property(
        "shape-of-nothing",
        p -> {
          p.i = new int[] {1};
          p.shape = new int[] {0, 1 << 30};
        });
    property(
        "rank-4",
        p -> {
          p.i = new int[] {1};
          p.shape = new int[] {1, 1, 1, 1};
        });
    property(
        "array-shorter-than-its-shape",
        p -> {
          Arr a = new Arr(100);
          a.buffer = new byte[4];
          p.arrays = List.of(a);
        });
    bad(
        "property-twice",
        g -> {
          g.product.properties.add(new Property());
          g.product.properties.add(new Property());
        });
  }

  private void config(String name, Code code, String json) {
    add("config-" + name, code, g -> g.config = json);
  }

  private static String updater(String type) {
    return GraphBytes.UPDATER.replace("org.nd4j.linalg.learning.config.Nesterovs", type);
  }

  private void training() {
    Code forbidden = Code.FORBIDDEN_CLASS;
    config("script-engine", forbidden, updater("javax.script.ScriptEngineManager"));
    config("jndi", forbidden, updater("com.sun.rowset.JdbcRowSetImpl"));
    config(
        "templates",
        forbidden,
        updater("com.sun.org.apache.xalan.internal.xsltc.trax.TemplatesImpl"));
    config("file", forbidden, updater("java.io.File"));
    config("other-class-of-nd4j", forbidden, updater("org.nd4j.linalg.factory.Nd4j"));
    config(
        "name-that-only-begins-right", forbidden, updater("org.nd4j.linalg.learning.configs.Evil"));
    config(
        "class-deep-inside",
        forbidden,
        GraphBytes.UPDATER.replace(
            "0.1", "0.1,\"learningRateSchedule\":{\"@class\":\"java.net.URL\"}"));
    config(
        "class-twice",
        Code.BAD_FILE,
        updater("org.nd4j.linalg.learning.config.Sgd\",\"@class\":\"java.io.File"));
    config(
        "class-that-does-not-exist",
        Code.BAD_FILE,
        updater("org.nd4j.linalg.learning.config.Evil"));
    config("class-is-no-updater", Code.BAD_FILE, updater("org.nd4j.linalg.schedule.StepSchedule"));
    config("class-is-a-list", Code.BAD_FILE, "{\"updater\":{\"@class\":[\"x\"]}}");
    config("no-json", Code.BAD_FILE, "updater: Nesterovs");
    config("cut-short", Code.BAD_FILE, GraphBytes.UPDATER.substring(0, 60));
    config("empty", Code.BAD_FILE, "");
    config("no-updater", Code.BAD_FILE, "{}");
    config("nested-deep", Code.BAD_FILE, "[".repeat(100_000));
    config(
        "number-of-a-million-digits",
        Code.BAD_FILE,
        GraphBytes.UPDATER.replace("0.9", "9".repeat(1_000_000)));
    bad("state-without-config", g -> g.config = null);
    bad("state-of-nobody", g -> g.state.parameter = "nobody");
    bad("state-of-a-constant", g -> g.state.parameter = "b");
    bad("state-twice", g -> g.states.add(new State()));
    bad("state-of-another-shape", g -> g.state.values = List.of(new Arr(1)));
    bad("state-more-keys-than-arrays", g -> g.state.keys = List.of("V", "M"));
    bad("state-key-unknown", g -> g.state.keys = List.of("nonsense"));
    bad(
        "state-key-twice",
        g -> {
          g.state.keys = List.of("V", "V");
          g.state.values = List.of(new Arr(2, 3), new Arr(2, 3));
        });
    bad("second-op-of-the-same-id", g -> g.nodes.add(new Node("again", 4, "matmul", "y")));
  }
}
