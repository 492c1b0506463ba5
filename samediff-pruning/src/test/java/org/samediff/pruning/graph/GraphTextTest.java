package org.samediff.pruning.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.testing.Nets;

class GraphTextTest {
  @Test
  void chainIsTheGoldenText() throws IOException {
    assertThat(GraphText.of(Nets.chain(DataType.FLOAT, 7))).isEqualTo(golden("chain.txt"));
    // two convolutions, two dense layers: what the text must hold whatever its form
    assertThat(GraphText.of(Nets.chain(DataType.FLOAT, 7)).lines())
        .filteredOn(l -> l.startsWith("op conv2d") || l.startsWith("op matmul"))
        .hasSize(4);
  }

  private static String golden(String name) throws IOException {
    try (InputStream in = GraphTextTest.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void orderOfBuildingDoesNotMatter() {
    SameDiff one = SameDiff.create();
    SDVariable a = one.var("a", Nd4j.ones(2));
    SDVariable b = one.var("b", Nd4j.zeros(2));
    a.add("sum", b);
    one.math().abs("abs", a);
    SameDiff other = SameDiff.create();
    SDVariable b2 = other.var("b", Nd4j.zeros(2));
    SDVariable a2 = other.var("a", Nd4j.ones(2));
    other.math().abs("abs", a2);
    a2.add("sum", b2);

    assertThat(GraphText.of(one)).isEqualTo(GraphText.of(other));
    assertThat(GraphText.digest(one)).isEqualTo(GraphText.digest(other));
  }

  @Test
  void orderOfInputsAndAttributesMatter() {
    SameDiff one = SameDiff.create();
    one.var("a", Nd4j.ones(2)).sub("d", one.var("b", Nd4j.zeros(2)));
    SameDiff swapped = SameDiff.create();
    SDVariable a = swapped.var("a", Nd4j.ones(2));
    swapped.var("b", Nd4j.zeros(2)).sub("d", a);
    assertThat(GraphText.of(one)).isNotEqualTo(GraphText.of(swapped));

    SameDiff plus = SameDiff.create();
    plus.var("a", Nd4j.ones(2)).add("d", 1.0);
    SameDiff plusTwo = SameDiff.create();
    plusTwo.var("a", Nd4j.ones(2)).add("d", 2.0);
    assertThat(GraphText.of(plus)).isNotEqualTo(GraphText.of(plusTwo));

    SameDiff rows = SameDiff.create();
    rows.var("a", Nd4j.ones(2, 2)).mean("d", 0);
    SameDiff columns = SameDiff.create();
    columns.var("a", Nd4j.ones(2, 2)).mean("d", 1);
    assertThat(GraphText.of(rows)).isNotEqualTo(GraphText.of(columns));
  }

  @Test
  void oneWeightOfThousandsChangesTheDigestAndNotTheText() {
    SameDiff sd = Nets.chain(DataType.FLOAT, 7);
    String text = GraphText.of(sd);
    String before = GraphText.digest(sd);
    INDArray w = sd.getVariable("d1_W").getArr();
    float old = w.getFloat(123);
    w.putScalar(123, Math.nextUp(old));

    assertThat(GraphText.digest(sd)).isNotEqualTo(before).matches("[0-9a-f]{64}");
    assertThat(GraphText.of(sd)).isEqualTo(text);
    w.putScalar(123, old);
    assertThat(GraphText.digest(sd)).isEqualTo(before);
  }

  @Test
  void constantsAreInTheDigest() {
    SameDiff sd = Nets.vgg(DataType.FLOAT, 7);
    String before = GraphText.digest(sd);
    sd.getVariable("n0/mean").getArr().addi(1);

    assertThat(GraphText.digest(sd)).isNotEqualTo(before);
  }

  @Test
  void sameSeedSameDigest() {
    assertThat(GraphText.digest(Nets.resnet(DataType.DOUBLE, 7)))
        .isEqualTo(GraphText.digest(Nets.resnet(DataType.DOUBLE, 7)))
        .isNotEqualTo(GraphText.digest(Nets.resnet(DataType.DOUBLE, 8)));
  }
}
