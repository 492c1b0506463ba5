package org.samediff.pruning.zoo.cli;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Locale;
import org.samediff.pruning.zoo.nets.DemoNetwork;

/** Which demo networks a command works on. */
enum NetworkChoice {
  RESNET(DemoNetwork.RESNET),
  VGG(DemoNetwork.VGG),
  BOTH(DemoNetwork.RESNET, DemoNetwork.VGG);

  private final ImmutableList<DemoNetwork> networks;

  NetworkChoice(DemoNetwork... networks) {
    this.networks = ImmutableList.copyOf(networks);
  }

  List<DemoNetwork> networks() {
    return networks;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
