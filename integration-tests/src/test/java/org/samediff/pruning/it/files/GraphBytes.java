package org.samediff.pruning.it.files;

import com.google.flatbuffers.FlatBufferBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.nd4j.autodiff.samediff.serde.FlatBuffersMapper;
import org.nd4j.graph.ByteOrder;
import org.nd4j.graph.DType;
import org.nd4j.graph.FlatArray;
import org.nd4j.graph.FlatConfiguration;
import org.nd4j.graph.FlatGraph;
import org.nd4j.graph.FlatNode;
import org.nd4j.graph.FlatProperties;
import org.nd4j.graph.FlatVariable;
import org.nd4j.graph.IntPair;
import org.nd4j.graph.OpType;
import org.nd4j.graph.UpdaterState;
import org.nd4j.graph.VarType;
import org.nd4j.linalg.api.ops.Op;

/**
 * Writes a SameDiff file from parts that can all be set to anything: {@code y = matmul(x, W)},
 * {@code z = y + b} with updater state of W, which is sound until a part is changed.
 */
final class GraphBytes {
  static final String UPDATER =
      "{\"updater\":{\"@class\":\"org.nd4j.linalg.learning.config.Nesterovs\",\"learningRate\":0.1,"
          + "\"momentum\":0.9},\"dataSetFeatureMapping\":[\"x\"]}";

  static final class Arr {
    long[] info;
    byte[] buffer;
    byte dtype = DType.FLOAT;
    byte order = ByteOrder.BE;

    Arr(long... shape) {
      info = info(shape);
      int length = 1;
      for (long side : shape) {
        length *= (int) side;
      }
      buffer = new byte[4 * length];
    }

    static long[] info(long... shape) {
      int rank = shape.length;
      long[] info = new long[2 * rank + 4];
      info[0] = rank;
      long stride = 1;
      for (int d = rank - 1; d >= 0; d--) {
        info[1 + d] = shape[d];
        info[1 + rank + d] = stride;
        stride *= shape[d];
      }
      info[2 * rank + 1] = 8192; // FLOAT
      info[2 * rank + 2] = 1;
      info[2 * rank + 3] = 'c';
      return info;
    }

    int write(FlatBufferBuilder b) {
      int shape = FlatArray.createShapeVector(b, info);
      int bytes = buffer == null ? 0 : FlatArray.createBufferVector(b, buffer);
      return FlatArray.createFlatArray(b, shape, bytes, dtype, order);
    }
  }

  static final class Var {
    String name;
    int id;
    int output;
    byte kind;
    byte dtype = DType.FLOAT;
    long[] shape = {};
    Arr array;
    List<String> controlDeps = List.of();

    Var(String name, int id, byte kind, Arr array) {
      this.name = name;
      this.id = id;
      this.kind = kind;
      this.array = array;
    }
  }

  static final class Property {
    String name = "p";
    int[] i = {};
    int[] shape = {};
    List<Arr> arrays = List.of();
    String[] texts = {};
  }

  static final class Node {
    String name;
    int id;
    byte opType;
    long opNum;
    String opName;
    int[][] inputs;
    List<String> outputs;
    int[] dimensions = {};
    byte[] types = {};
    long[] integers = {};
    Arr scalar;
    List<Property> properties = new ArrayList<>();
    List<String> controlDeps = List.of();

    Node(String name, int id, String opName, String output, int[]... inputs) {
      this.name = name;
      this.id = id;
      this.opName = opName;
      this.inputs = inputs;
      opType = OpType.CUSTOM;
      opNum = FlatBuffersMapper.getOpNum(opName, Op.Type.CUSTOM);
      outputs = List.of(output);
    }
  }

  static final class State {
    String parameter = "W";
    List<String> keys = List.of("V");
    List<Arr> values = List.of(new Arr(2, 3));
  }

  final Var x = new Var("x", 1, VarType.PLACEHOLDER, null);
  final Var w = new Var("W", 2, VarType.VARIABLE, new Arr(2, 3));
  final Var b = new Var("b", 3, VarType.CONSTANT, new Arr(3));
  final Var y = new Var("y", 4, VarType.ARRAY, null);
  final Var z = new Var("z", 5, VarType.ARRAY, null);
  final List<Var> variables = new ArrayList<>(List.of(x, w, b, y, z));
  final Node product = new Node("product", 4, "matmul", "y", new int[] {1, 0}, new int[] {2, 0});
  final Node sum = new Node("sum", 5, "add", "z", new int[] {4, 0}, new int[] {3, 0});
  final List<Node> nodes = new ArrayList<>(List.of(product, sum));
  final State state = new State();
  final List<State> states = new ArrayList<>(List.of(state));
  List<String> placeholders = List.of("x");
  List<String> losses = List.of("z");
  String config = UPDATER;

  GraphBytes() {
    x.shape = new long[] {-1, 2};
    product.integers = new long[] {0, 0, 0};
  }

  static byte[] with(Consumer<GraphBytes> change) {
    GraphBytes graph = new GraphBytes();
    change.accept(graph);
    return graph.write();
  }

  byte[] write() {
    FlatBufferBuilder b = new FlatBufferBuilder(1024);
    int vars =
        FlatGraph.createVariablesVector(
            b, variables.stream().mapToInt(v -> variable(b, v)).toArray());
    int ops = FlatGraph.createNodesVector(b, nodes.stream().mapToInt(n -> node(b, n)).toArray());
    int outs = FlatGraph.createOutputsVector(b, new int[0]);
    int conf =
        FlatConfiguration.createFlatConfiguration(
            b, -1, (byte) 0, (byte) 0, (byte) 4, false, -1, -1, (byte) 0);
    int phs = FlatGraph.createPlaceholdersVector(b, texts(b, placeholders));
    int loss = FlatGraph.createLossVariablesVector(b, texts(b, losses));
    int training = config == null ? 0 : b.createString(config);
    int updaters =
        FlatGraph.createUpdaterStateVector(b, states.stream().mapToInt(s -> state(b, s)).toArray());
    b.finish(
        FlatGraph.createFlatGraph(b, 0, vars, ops, outs, conf, phs, loss, training, updaters, 0));
    return b.sizedByteArray();
  }

  private static int[] texts(FlatBufferBuilder b, List<String> texts) {
    return texts.stream().mapToInt(b::createString).toArray();
  }

  private static int variable(FlatBufferBuilder b, Var v) {
    int id = IntPair.createIntPair(b, v.id, v.output);
    int name = v.name == null ? 0 : b.createString(v.name);
    int shape = FlatVariable.createShapeVector(b, v.shape);
    int array = v.array == null ? 0 : v.array.write(b);
    int deps = FlatVariable.createControlDepsVector(b, texts(b, v.controlDeps));
    return FlatVariable.createFlatVariable(
        b, id, name, v.dtype, shape, array, -1, v.kind, deps, 0, 0);
  }

  private static int node(FlatBufferBuilder b, Node n) {
    int name = b.createString(n.name);
    int properties =
        FlatNode.createPropertiesVector(
            b, n.properties.stream().mapToInt(p -> property(b, p)).toArray());
    int[] pairs = new int[n.inputs.length];
    for (int i = 0; i < pairs.length; i++) {
      pairs[i] = IntPair.createIntPair(b, n.inputs[i][0], n.inputs[i][1]);
    }
    int inputs = FlatNode.createInputPairedVector(b, pairs);
    int output = FlatNode.createOutputVector(b, new int[] {0});
    int extra = FlatNode.createExtraParamsVector(b, new double[0]);
    int integers = FlatNode.createExtraIntegerVector(b, n.integers);
    int bools = FlatNode.createExtraBoolsVector(b, new boolean[0]);
    int dimensions = FlatNode.createDimensionsVector(b, n.dimensions);
    int names = FlatNode.createOutputNamesVector(b, texts(b, n.outputs));
    int opName = n.opName == null ? 0 : b.createString(n.opName);
    int types = FlatNode.createExtraTypesVector(b, n.types);
    int scalar = n.scalar == null ? 0 : n.scalar.write(b);
    int deps = FlatNode.createControlDepsVector(b, texts(b, n.controlDeps));
    FlatNode.startFlatNode(b);
    FlatNode.addId(b, n.id);
    FlatNode.addName(b, name);
    FlatNode.addOpType(b, n.opType);
    FlatNode.addOpNum(b, n.opNum);
    FlatNode.addProperties(b, properties);
    FlatNode.addInputPaired(b, inputs);
    FlatNode.addOutput(b, output);
    FlatNode.addExtraParams(b, extra);
    FlatNode.addExtraInteger(b, integers);
    FlatNode.addExtraBools(b, bools);
    FlatNode.addDimensions(b, dimensions);
    FlatNode.addOutputNames(b, names);
    if (opName != 0) {
      FlatNode.addOpName(b, opName);
    }
    if (scalar != 0) {
      FlatNode.addScalar(b, scalar);
    }
    FlatNode.addExtraTypes(b, types);
    FlatNode.addControlDeps(b, deps);
    return FlatNode.endFlatNode(b);
  }

  private static int property(FlatBufferBuilder b, Property p) {
    int name = b.createString(p.name);
    int i = FlatProperties.createIVector(b, p.i);
    int none = FlatProperties.createLVector(b, new long[0]);
    int d = FlatProperties.createDVector(b, new double[0]);
    int a = FlatProperties.createAVector(b, p.arrays.stream().mapToInt(x -> x.write(b)).toArray());
    int bools = FlatProperties.createBVector(b, new boolean[0]);
    int s = FlatProperties.createSVector(b, texts(b, List.of(p.texts)));
    int shape = FlatProperties.createShapeVector(b, p.shape);
    return FlatProperties.createFlatProperties(b, name, i, none, d, a, bools, s, shape);
  }

  private static int state(FlatBufferBuilder b, State s) {
    int name = b.createString(s.parameter);
    int keys = UpdaterState.createUpdaterStateKeysVector(b, texts(b, s.keys));
    int values =
        UpdaterState.createUpdaterStateValuesVector(
            b, s.values.stream().mapToInt(v -> v.write(b)).toArray());
    return UpdaterState.createUpdaterState(b, name, keys, values);
  }
}
