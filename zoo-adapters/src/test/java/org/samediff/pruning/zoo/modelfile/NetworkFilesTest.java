package org.samediff.pruning.zoo.modelfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.zoo.catalogue.ZooModels;
import org.samediff.pruning.zoo.dl4j.ConversionOptions;
import org.samediff.pruning.zoo.dl4j.ConvertedNetwork;
import org.samediff.pruning.zoo.modelfile.ModelFileException.Code;

class NetworkFilesTest {
  @TempDir Path folder;

  @Test
  void aZipAndTheFileOfItsGraphComputeTheSame() throws IOException {
    MultiLayerNetwork lenet = (MultiLayerNetwork) ZooModels.LENET.build(10, 12, 1);
    Path zip = folder.resolve("lenet.zip");
    ModelSerializer.writeModel(lenet, zip.toFile(), false);
    INDArray images =
        Nd4j.linspace(DataType.FLOAT, -1, 0.01, 2 * 12 * 12).reshape(2, 1, 12, 12).dup('c');
    INDArray expected = lenet.output(images.dup('c'));

    ConvertedNetwork converted =
        NetworkFiles.load(zip, ConversionOptions.defaults().withInputShape("input", 1, 12, 12));

    assertThat(expected.equalsWithEps(output(converted, images), 1e-6)).isTrue();
    Path fb = folder.resolve("lenet.fb");
    converted.graph().save(fb.toFile(), false);
    ConvertedNetwork loaded = NetworkFiles.load(fb, ConversionOptions.defaults());
    assertThat(loaded.inputs()).isEqualTo(converted.inputs());
    assertThat(loaded.outputs()).isEqualTo(converted.outputs());
    assertThat(loaded.labels()).isEqualTo(converted.labels());
    assertThat(loaded.loss()).isEqualTo(converted.loss());
    assertThat(output(loaded, images)).isEqualTo(output(converted, images));
  }

  @Test
  void whatCannotBeReadIsNamed() throws IOException {
    assertRefused(Code.NOT_FOUND, folder.resolve("none.fb"), "none.fb");
    assertRefused(Code.DAMAGED, write("a.zip", 1, 2, 3), "does not begin as its name says");
    assertRefused(Code.DAMAGED, write("a.fb", 1, 2, 3), "no SameDiff model");
    assertRefused(Code.DAMAGED, write("empty.fb"), "no SameDiff model");
    Path graph = folder.resolve("no-op.fb");
    SameDiff nothing = SameDiff.create();
    nothing.placeHolder("x", DataType.FLOAT, 1);
    nothing.save(graph.toFile(), false);
    assertRefused(Code.DAMAGED, graph, "holds no op");
    assertRefused(Code.DAMAGED, write("cut.bin", 'P', 'K', 3, 4), "no complete zip file");
    Path keras = write("net.h5", 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n', 0);
    assertRefused(Code.NOT_IMPORTABLE, keras, "Keras");
    assertRefused(Code.NOT_IMPORTABLE, write("net.onnx", 8, 6), "ONNX");
  }

  private static void assertRefused(Code code, Path file, String message) {
    assertThatThrownBy(() -> NetworkFiles.load(file, ConversionOptions.defaults()))
        .isInstanceOfSatisfying(
            ModelFileException.class, e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code))
        .hasMessageContainingAll(message, file.toString());
  }

  private Path write(String name, int... bytes) throws IOException {
    byte[] content = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      content[i] = (byte) bytes[i];
    }
    return Files.write(folder.resolve(name), content);
  }

  private static INDArray output(ConvertedNetwork network, INDArray images) {
    String output = network.outputs().get(0);
    return network
        .graph()
        .output(Map.of(network.inputs().get(0), images.dup('c')), output)
        .get(output)
        .dup();
  }
}
