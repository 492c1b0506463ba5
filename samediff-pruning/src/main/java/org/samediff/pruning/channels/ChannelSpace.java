package org.samediff.pruning.channels;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Union-find over channel indices. Every index of every axis of every variable and constant is an
 * atom; ops tie atoms that must live or die together and pin those that must live.
 */
final class ChannelSpace {
  private int[] parent = new int[1024];
  private boolean[] consumer = new boolean[1024];
  private boolean[] claimed = new boolean[1024];
  private int size;
  private final Map<Integer, String> pinned = new HashMap<>();

  /** {@code n} new atoms. */
  int[] fresh(int n) {
    int needed = size + n;
    if (needed > parent.length) {
      parent = Arrays.copyOf(parent, Math.max(needed, parent.length * 2));
      consumer = Arrays.copyOf(consumer, parent.length);
      claimed = Arrays.copyOf(claimed, parent.length);
    }
    int[] atoms = new int[n];
    for (int i = 0; i < n; i++) {
      parent[size] = size;
      atoms[i] = size++;
    }
    return atoms;
  }

  int size() {
    return size;
  }

  int find(int atom) {
    int root = atom;
    while (parent[root] != root) {
      root = parent[root];
    }
    while (parent[atom] != root) {
      int next = parent[atom];
      parent[atom] = root;
      atom = next;
    }
    return root;
  }

  /** Ties two atoms; a pin on either holds for both. The lower atom stays the root. */
  void union(int a, int b) {
    int ra = find(a);
    int rb = find(b);
    if (ra == rb) {
      return;
    }
    int root = Math.min(ra, rb);
    int child = Math.max(ra, rb);
    parent[child] = root;
    String reason = pinned.remove(child);
    if (reason != null) {
      pinned.putIfAbsent(root, reason);
    }
  }

  /**
   * Ties two axes index by index. An axis that is not tracked cannot be cut, so that what is tied
   * to it cannot either.
   */
  void tie(int[] a, int[] b, String where) {
    if (a == null || b == null) {
      pin(a == null ? b : a, where + " joins it with data that cannot be cut");
      return;
    }
    if (a.length != b.length) {
      throw new IllegalStateException(where + ": " + a.length + " channels meet " + b.length);
    }
    for (int i = 0; i < a.length; i++) {
      union(a[i], b[i]);
    }
  }

  /** These atoms are never cut; null is ignored. The first reason given is kept. */
  void pin(int[] atoms, String reason) {
    if (atoms != null) {
      for (int atom : atoms) {
        pinned.putIfAbsent(find(atom), reason);
      }
    }
  }

  /** Why the atom's class is never cut, or null if it may be. */
  String pinReason(int atom) {
    return pinned.get(find(atom));
  }

  /** These positions read a channel: they are cut with it, but are no part of its unit. */
  void markConsumer(int[] atoms) {
    if (atoms != null) {
      for (int atom : atoms) {
        consumer[atom] = true;
      }
    }
  }

  /** These positions are read as values, which masking brings to zero. */
  void claim(int[] atoms) {
    if (atoms != null) {
      for (int atom : atoms) {
        claimed[atom] = true;
      }
    }
  }

  /** True if a position is read both ways, so that it can be neither masked nor cut. */
  boolean isContradictory(int atom) {
    return consumer[atom] && claimed[atom];
  }

  boolean isConsumer(int atom) {
    return consumer[atom];
  }
}
