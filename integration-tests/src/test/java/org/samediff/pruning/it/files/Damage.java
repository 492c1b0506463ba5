package org.samediff.pruning.it.files;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;

/** What can happen to a file, by seed. */
enum Damage {
  BIT_FLIPS {
    @Override
    byte[] apply(byte[] bytes, Random random) {
      for (int i = 1 + random.nextInt(4); i > 0; i--) {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
      return bytes;
    }
  },
  RANDOM_BYTES {
    @Override
    byte[] apply(byte[] bytes, Random random) {
      byte[] noise = new byte[1 + random.nextInt(16)];
      random.nextBytes(noise);
      int at = random.nextInt(bytes.length - noise.length);
      System.arraycopy(noise, 0, bytes, at, noise.length);
      return bytes;
    }
  },
  TRUNCATION {
    @Override
    byte[] apply(byte[] bytes, Random random) {
      return Arrays.copyOf(bytes, random.nextInt(bytes.length));
    }
  },
  ZEROED_RUN {
    @Override
    byte[] apply(byte[] bytes, Random random) {
      int length = 1 + random.nextInt(512);
      int at = random.nextInt(bytes.length - length);
      Arrays.fill(bytes, at, at + length, (byte) 0);
      return bytes;
    }
  },
  HOSTILE_WORDS {
    @Override
    byte[] apply(byte[] bytes, Random random) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 1 + random.nextInt(3); i > 0; i--) {
        int at = random.nextInt(bytes.length / 4 - 2) * 4;
        if (random.nextBoolean()) {
          buffer.putInt(at, WORDS[random.nextInt(WORDS.length)]);
        } else {
          buffer.putLong(at, LONGS[random.nextInt(LONGS.length)]);
        }
      }
      return bytes;
    }
  },
  /** Another block of the same file, as a disk that mixes up its sectors gives. */
  MISPLACED_BLOCK {
    @Override
    byte[] apply(byte[] bytes, Random random) {
      int length = 4 * (1 + random.nextInt(64));
      int from = random.nextInt((bytes.length - length) / 4) * 4;
      int to = random.nextInt((bytes.length - length) / 4) * 4;
      System.arraycopy(bytes.clone(), from, bytes, to, length);
      return bytes;
    }
  };

  private static final int[] WORDS = {
    -1, 0, 1, Integer.MAX_VALUE, Integer.MIN_VALUE, 1 << 30, 0x0000FFFF, 0xFFFF0000, 1 << 24, 32, 33
  };
  private static final long[] LONGS = {
    -1, 0, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 32, 1L << 31, (1L << 32) + 1, 1L << 62, 99, 102
  };

  abstract byte[] apply(byte[] bytes, Random random);

  /** The kind of damage that a seed stands for; kinds take turns. */
  static Damage of(long seed) {
    return values()[(int) (seed % values().length)];
  }

  /** A damaged copy, never equal to the file. */
  static byte[] damage(byte[] file, long seed) {
    Random random = new Random(seed * 0x9E3779B97F4A7C15L);
    byte[] damaged = file;
    while (Arrays.equals(damaged, file)) {
      damaged = of(seed).apply(file.clone(), random);
    }
    return damaged;
  }
}
