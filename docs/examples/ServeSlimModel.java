package examples;

import java.io.File;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Serving a slim model with plain ND4J: this program needs nd4j-api and a backend, and no class of
 * the pruning library.
 *
 * <p>Arguments: the file, the name of the output, and how many images to run (10).
 */
public final class ServeSlimModel {
  private ServeSlimModel() {}

  public static void main(String[] args) {
    SameDiff model = SameDiff.load(new File(args[0]), false);
    String output = args[1];
    int images = args.length > 2 ? Integer.parseInt(args[2]) : 10;

    SDVariable input =
        model.variables().stream()
            .filter(v -> v.getVariableType() == VariableType.PLACEHOLDER)
            .filter(v -> v.placeholderShape().length == 4)
            .findFirst()
            .orElseThrow();
    long[] shape = input.placeholderShape().clone();
    shape[0] = 1;
    for (int i = 0; i < images; i++) {
      INDArray image = Nd4j.rand(DataType.FLOAT, shape); // your image here, c order
      long start = System.nanoTime();
      INDArray scores = model.output(Map.of(input.name(), image), output).get(output);
      System.out.printf(
          "class %d, %.2f ms%n", scores.argMax(1).getInt(0), (System.nanoTime() - start) / 1e6);
    }
  }
}
