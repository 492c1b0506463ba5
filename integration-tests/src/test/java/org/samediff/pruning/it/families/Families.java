package org.samediff.pruning.it.families;

import java.util.List;
import java.util.stream.Stream;

/** The table of contents: every kind of network that is tried. */
final class Families {
  private Families() {}

  static List<Family> all() {
    return Stream.of(ChainFamilies.all(), JoinFamilies.all(), MobileFamilies.all())
        .flatMap(List::stream)
        .toList();
  }
}
