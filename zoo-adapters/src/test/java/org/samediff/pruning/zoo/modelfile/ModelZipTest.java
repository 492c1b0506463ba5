package org.samediff.pruning.zoo.modelfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.lossfunctions.LossFunctions;
import org.samediff.pruning.zoo.modelfile.ModelFileException.Code;

/** Files that ModelSerializer wrote come back; changed ones are refused, each with its code. */
class ModelZipTest {
  private static final String CONFIGURATION = ModelSerializer.CONFIGURATION_JSON;
  private static final String COEFFICIENTS = ModelSerializer.COEFFICIENTS_BIN;

  @TempDir Path folder;

  private Path file;
  private Map<String, byte[]> entries;
  private MultiLayerNetwork written;

  @BeforeEach
  void writeANetwork() throws IOException {
    file = folder.resolve("net.zip");
    written = network(DataType.FLOAT, true);
    written.fit(images(DataType.FLOAT), labels(DataType.FLOAT));
    ModelSerializer.writeModel(written, file.toFile(), true);
    entries = read(file);
  }

  @Test
  void aNetworkOfLayersComesBackWithItsUpdaterState() {
    MultiLayerNetwork read = (MultiLayerNetwork) ModelZip.read(file, ZipLimits.defaults(), true);

    assertThat(read.params()).isEqualTo(written.params());
    assertThat(read.getLayerWiseConfigurations()).isEqualTo(written.getLayerWiseConfigurations());
    INDArray state = written.getUpdater().getStateViewArray();
    assertThat(state.norm2Number().doubleValue()).isPositive();
    assertThat(read.getUpdater().getStateViewArray()).isEqualTo(state);
    read.fit(images(DataType.FLOAT), labels(DataType.FLOAT));
    written.fit(images(DataType.FLOAT), labels(DataType.FLOAT));
    assertThat(read.params()).isEqualTo(written.params());
  }

  @Test
  void aGraphNetworkComesBack() throws IOException {
    ComputationGraph graph = written.toComputationGraph();
    ModelSerializer.writeModel(graph, file.toFile(), true);

    ComputationGraph read = (ComputationGraph) ModelZip.read(file);

    assertThat(read.params()).isEqualTo(graph.params());
    assertThat(read.outputSingle(images(DataType.FLOAT)))
        .isEqualTo(graph.outputSingle(images(DataType.FLOAT)));
  }

  @Test
  void doubleAndHalfWeightsKeepTheirType() throws IOException {
    for (DataType type : new DataType[] {DataType.DOUBLE, DataType.FLOAT16}) {
      MultiLayerNetwork net = network(type, true);
      ModelSerializer.writeModel(net, file.toFile(), false);

      INDArray parameters = ModelZip.read(file).params();

      assertThat(parameters.dataType()).isEqualTo(type);
      assertThat(parameters).isEqualTo(net.params());
    }
  }

  /** Up to beta 3 the text had neither a data type nor useLogStd; batch norm stored variances. */
  @Test
  void aFileOfABetaReleaseComesBack() throws IOException {
    MultiLayerNetwork net = network(DataType.FLOAT, false);
    net.getLayer(1).getParam("var").assign(Nd4j.createFromArray(new float[] {1, 2, 3, 4}));
    ModelSerializer.writeModel(net, file.toFile(), false);
    entries = read(file);
    String json = text(CONFIGURATION);
    entries.put(
        CONFIGURATION,
        bytes(
            json.replaceAll("\"(dataType|useLogStd|avgPoolIncludePadInDivisor)\" : [^,\n]+,", "")));
    entries.put(COEFFICIENTS, oldFormat(net.params()));
    write();
    assertThat(json).contains("useLogStd");
    assertThat(text(CONFIGURATION)).doesNotContain("useLogStd", "dataType", "avgPool");

    MultiLayerNetwork read = (MultiLayerNetwork) ModelZip.read(file);

    assertThat(read.getLayer(1).paramTable()).containsKey("var").doesNotContainKey("log10stdev");
    assertThat(read.output(images(DataType.FLOAT))).isEqualTo(net.output(images(DataType.FLOAT)));
    SubsamplingLayer pooling =
        (SubsamplingLayer) read.getLayerWiseConfigurations().getConf(3).getLayer();
    assertThat(pooling.isAvgPoolIncludePadInDivisor()).isTrue();
  }

  @Test
  void storedObjectsAreNeverDeserialised() throws IOException {
    for (String name : new String[] {"preprocessor.bin", "normalizer.bin", "objects/x"}) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
        out.writeObject(new Trap());
      }
      entries.put(name, bytes.toByteArray());
    }
    write();
    Trap.sprung = false;

    assertThat(ModelZip.read(file).params()).isEqualTo(written.params());

    assertThat(Trap.sprung).isFalse();
    assertThatThrownBy(() -> ModelSerializer.restoreMultiLayerNetwork(file.toFile()));
    assertThat(Trap.sprung).as("DL4J's own reader springs it").isTrue();
  }

  @Test
  void whatIsNoArchiveIsRefused() throws IOException {
    assertRefused(Code.NOT_FOUND, folder.resolve("none.zip"), "none.zip");
    assertRefused(Code.NOT_FOUND, folder, "no readable file");
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, new byte[0]);
    assertRefused(Code.DAMAGED, file, "no complete zip file");
    Files.write(file, java.util.Arrays.copyOf(whole, whole.length / 2));
    assertRefused(Code.DAMAGED, file, "no complete zip file");
    byte[] flipped = whole.clone();
    flipped[whole.length / 3] ^= 0x55;
    Files.write(file, flipped);
    assertThatThrownBy(() -> ModelZip.read(file)).isInstanceOf(ModelFileException.class);
  }

  @Test
  void missingEntriesAreNamed() throws IOException {
    entries.remove(COEFFICIENTS);
    write();
    assertRefused(Code.MISSING_ENTRY, file, COEFFICIENTS);
    entries.remove(CONFIGURATION);
    write();
    assertRefused(Code.MISSING_ENTRY, file, CONFIGURATION);
  }

  @Test
  void entriesThatNoModelHasAreRefused() throws IOException {
    for (String name : new String[] {"../up", "/etc/x", "a\\b", "c:x", "a/../../b"}) {
      entries.put(name, new byte[1]);
      write();
      assertRefused(Code.BAD_ENTRY, file, name);
      entries.remove(name);
    }
    entries.put("xoefficients.bin", entries.get(COEFFICIENTS));
    write();
    byte[] twice = Files.readAllBytes(file);
    replaceAll(twice, bytes("xoefficients.bin"), bytes(COEFFICIENTS));
    Files.write(file, twice);
    assertRefused(Code.BAD_ENTRY, file, "two entries \"coefficients.bin\"");
    entries.remove("xoefficients.bin");
    for (int i = 0; i < 70; i++) {
      entries.put("objects/" + i, new byte[1]);
    }
    write();
    assertRefused(Code.TOO_LARGE, file, "has 73 entries");
  }

  @Test
  void bombsAreRefusedBeforeTheyGrow() throws IOException {
    byte[] configuration = entries.get(CONFIGURATION);
    entries.put(CONFIGURATION, new byte[8 << 20]);
    write();
    assertRefused(Code.TOO_LARGE, file, "more than 200 times");
    byte[] padded = new byte[(16 << 20) + 2];
    new java.util.Random(1).nextBytes(padded);
    entries.put(CONFIGURATION, padded);
    write();
    assertRefused(Code.TOO_LARGE, file, "longer than 16777216 bytes");
    entries.put(CONFIGURATION, configuration);
    entries.put(COEFFICIENTS, new byte[64 << 20]);
    write();
    assertRefused(Code.TOO_LARGE, file, COEFFICIENTS);
    assertThatThrownBy(() -> ModelZip.read(file, ZipLimits.defaults().withParameters(100), false))
        .isInstanceOfSatisfying(
            ModelFileException.class, e -> assertThat(e.code()).isEqualTo(Code.TOO_LARGE))
        .hasMessageContaining("may have 100");
  }

  @Test
  void foreignClassesAreRefusedBeforeTheyAreLoaded() throws IOException {
    String json = text(CONFIGURATION);
    for (String name :
        new String[] {
          ForeignUpdater.class.getName(),
          "javax.swing.JEditorPane",
          "org.deeplearning4j.nn.multilayer.MultiLayerNetwork",
          "org.nd4j.linalg.learning.config.Nesterovs<java.lang.Runtime>",
          "[Lorg.nd4j.linalg.learning.config.Nesterovs;"
        }) {
      entries.put(
          CONFIGURATION, bytes(json.replace("org.nd4j.linalg.learning.config.Nesterovs", name)));
      write();
      assertRefused(Code.FORBIDDEN_CLASS, file, name);
    }
    assertThat(ForeignUpdaterLoaded.loaded).isFalse();
    entries.put(CONFIGURATION, bytes(json.replace("config.Nesterovs", "config.Nesterovsky")));
    write();
    assertRefused(Code.BAD_CONFIGURATION, file, "Nesterovsky");
    entries.put(
        CONFIGURATION,
        bytes(json.replaceFirst("\"biasInit\"", "\"dist\" : {\"type\" : \"a.B\"}, \"biasInit\"")));
    write();
    assertRefused(Code.FORBIDDEN_CLASS, file, "a.B");
  }

  @Test
  void brokenConfigurationsAreRefused() throws IOException {
    String json = text(CONFIGURATION);
    for (String broken :
        new String[] {
          "",
          "null",
          "[]",
          "{}",
          "{\"confs\" : 1}",
          "{\"confs\" : []}",
          "{\"confs\" : [{}]}",
          json.substring(0, json.length() / 2),
          json.replaceFirst("\"confs\"", "\"confs\" : [], \"confs\""),
          json.replaceFirst("\"nout\" : 4", "\"nout\" : -4"),
          "[".repeat(100_000),
        }) {
      entries.put(CONFIGURATION, bytes(broken));
      write();
      assertThatThrownBy(() -> ModelZip.read(file))
          .as(broken.substring(0, Math.min(80, broken.length())))
          .isInstanceOf(ModelFileException.class);
    }
    entries.put(CONFIGURATION, bytes(json.replaceFirst("\"nout\" : 4", "\"nout\" : 2000000000")));
    write();
    assertRefused(Code.TOO_LARGE, file, "parameters");
    entries.put(CONFIGURATION, bytes(json.replaceFirst("\"nout\" : 4", "\"nout\" : 5")));
    write();
    assertRefused(Code.BAD_ARRAY, file, "not of one network");
  }

  @Test
  void absurdArraysAreRefusedBeforeMemoryIsAskedFor() throws IOException {
    byte[] good = entries.get(COEFFICIENTS);
    long n = written.numParams();
    assertArray("not of one network", n, array(1L << 60, 1, 1L << 60, "FLOAT"));
    assertArray("announces 1152921504606846976 elements", n, array(n, 1, 1L << 60, "FLOAT"));
    assertArray("announces -1 elements", n, array(n, 1, -1, "FLOAT"));
    assertArray("no plain vector", n, array(n, 2, n, "FLOAT"));
    assertArray("elements of type \"UTF8\"", n, array(n, 1, n, "UTF8"));
    assertArray("elements of type \"COMPRESSED\"", n, array(n, 1, n, "COMPRESSED"));
    assertArray("goes on behind", n, java.util.Arrays.copyOf(good, good.length + 1));
    byte[] short1 = java.util.Arrays.copyOf(good, good.length - 1);
    entries.put(COEFFICIENTS, short1);
    write();
    assertRefused(Code.DAMAGED, file, "ends early");
    entries.put(COEFFICIENTS, new byte[10]);
    write();
    assertRefused(Code.BAD_ARRAY, file, "too few");
  }

  private void assertArray(String message, long n, byte[] bytes) throws IOException {
    entries.put(COEFFICIENTS, java.util.Arrays.copyOf(bytes, Math.max(bytes.length, (int) n * 4)));
    if (message.startsWith("goes on")) {
      entries.put(COEFFICIENTS, bytes);
    }
    write();
    assertRefused(Code.BAD_ARRAY, file, message);
  }

  private static void assertRefused(Code code, Path file, String message) {
    assertThatThrownBy(() -> ModelZip.read(file))
        .isInstanceOfSatisfying(
            ModelFileException.class, e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code))
        .hasMessageContaining(message);
  }

  private static MultiLayerNetwork network(DataType type, boolean logarithmic) {
    MultiLayerNetwork net =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(5)
                .dataType(type)
                .updater(new Nesterovs(0.1, 0.9))
                .list()
                .layer(new ConvolutionLayer.Builder(3, 3).nOut(4).build())
                .layer(new BatchNormalization.Builder().useLogStd(logarithmic).build())
                .layer(new ActivationLayer(Activation.RELU))
                .layer(
                    new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.AVG)
                        .kernelSize(2, 2)
                        .stride(2, 2)
                        .build())
                .layer(
                    new OutputLayer.Builder(LossFunctions.LossFunction.MCXENT)
                        .activation(Activation.SOFTMAX)
                        .nOut(3)
                        .build())
                .setInputType(InputType.convolutional(8, 8, 2))
                .build());
    net.init();
    return net;
  }

  private static INDArray images(DataType type) {
    return Nd4j.linspace(DataType.FLOAT, -1, 0.01, 3 * 2 * 8 * 8).reshape(3, 2, 8, 8).castTo(type);
  }

  private static INDArray labels(DataType type) {
    return Nd4j.eye(3).castTo(type);
  }

  /** The format up to 0.9: 32-bit lengths and shapes, no type in the shape description. */
  private static byte[] oldFormat(INDArray vector) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    int n = (int) vector.length();
    out.writeUTF("JAVACPP");
    out.writeInt(8);
    out.writeUTF("INT");
    for (int i : new int[] {2, 1, n, 1, 1, 0, 1, 'c'}) {
      out.writeInt(i);
    }
    out.writeUTF("JAVACPP");
    out.writeInt(n);
    out.writeUTF("FLOAT");
    for (int i = 0; i < n; i++) {
      out.writeFloat(vector.getFloat(i));
    }
    return bytes.toByteArray();
  }

  private static byte[] array(long size, long stride, long length, String type) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeUTF("MIXED_DATA_TYPES");
    out.writeLong(6);
    out.writeUTF("LONG");
    for (long value : new long[] {1, size, stride, 8192, 1, 'c'}) {
      out.writeLong(value);
    }
    out.writeUTF("MIXED_DATA_TYPES");
    out.writeLong(length);
    out.writeUTF(type);
    return bytes.toByteArray();
  }

  private String text(String name) {
    return new String(entries.get(name), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Map<String, byte[]> read(Path file) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        entries.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
      }
    }
    return entries;
  }

  private void write() throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(entry.getKey()));
        zip.write(entry.getValue());
        zip.closeEntry();
      }
    }
  }

  private static void replaceAll(byte[] bytes, byte[] from, byte[] to) {
    for (int i = 0; i + from.length <= bytes.length; i++) {
      if (java.util.Arrays.equals(bytes, i, i + from.length, from, 0, from.length)) {
        System.arraycopy(to, 0, bytes, i, to.length);
      }
    }
  }

  /** Notices when it is deserialised. */
  private static final class Trap implements Serializable {
    private static final long serialVersionUID = 1L;
    private static boolean sprung;

    private void readObject(ObjectInputStream in) {
      sprung = true;
    }
  }

  /** Whether {@link ForeignUpdater} was initialised. */
  private static final class ForeignUpdaterLoaded {
    private static boolean loaded;
  }

  /** Notices when it is loaded by name. */
  private static final class ForeignUpdater {
    static {
      ForeignUpdaterLoaded.loaded = true;
    }
  }
}
