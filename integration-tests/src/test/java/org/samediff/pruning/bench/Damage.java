package org.samediff.pruning.bench;

import org.samediff.pruning.it.files.DamageRun;

/** Damaged files as a command; see {@link DamageRun}. */
public final class Damage {
  private Damage() {}

  public static void main(String[] args) throws Exception {
    DamageRun.main(args);
  }
}
