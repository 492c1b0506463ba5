package org.samediff.pruning.model;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.serde.FlatBuffersMapper;
import org.nd4j.autodiff.samediff.serde.LegacyOpMapper;
import org.nd4j.graph.FlatNode;
import org.nd4j.graph.FlatProperties;
import org.nd4j.imports.converters.DifferentialFunctionClassHolder;
import org.nd4j.linalg.api.ops.Op;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;

/** Checks one op of a file: that ND4J knows it, and that its attributes fit together. */
final class NodeCheck {
  private final int maxRank;

  NodeCheck(int maxRank) {
    this.maxRank = maxRank;
  }

  /** Checks an op; returns ND4J's name of it. */
  String require(FlatNode node, String where) {
    String kind = kind(node, where);
    if (node.scalar() != null) {
      ArrayCheck.require(node.scalar(), maxRank, where);
    }
    for (int i = 0; i < node.dimensionsLength(); i++) {
      int d = node.dimensions(i);
      if ((d < -maxRank || d >= maxRank) && d != Integer.MAX_VALUE) {
        throw Faults.badFile(where + " works along axis " + d);
      }
    }
    for (int i = 0; i < node.outputTypesLength(); i++) {
      ArrayCheck.type(node.outputTypes(i), where);
    }
    for (int i = 0; i < node.extraTypesLength(); i++) {
      ArrayCheck.type(node.extraTypes(i), where);
    }
    Set<String> properties = new HashSet<>();
    for (int i = 0; i < node.propertiesLength(); i++) {
      FlatProperties p = node.properties(i);
      if (!properties.add(p.name())) {
        throw Faults.badFile(where + " has property \"" + p.name() + "\" twice");
      }
      property(p, where + " property \"" + p.name() + "\"");
    }
    return kind;
  }

  private static String kind(FlatNode node, String where) {
    Class<?> type;
    try {
      Op.Type group = FlatBuffersMapper.getTypeFromByte(node.opType());
      if (group == Op.Type.CUSTOM || group == Op.Type.LOGIC) {
        type = named(node, group);
      } else {
        type = LegacyOpMapper.getLegacyOpClassForId(group, Math.toIntExact(node.opNum()));
      }
    } catch (RuntimeException e) {
      throw unknown(node, where, e);
    }
    if (type == null) {
      throw unknown(node, where, null);
    }
    try {
      DifferentialFunction op = (DifferentialFunction) type.getDeclaredConstructor().newInstance();
      if (node.opName() != null && !node.opName().equals(op.opName())) {
        throw unknown(node, where, null);
      }
      return op.opName();
    } catch (ReflectiveOperationException | LinkageError e) {
      Faults.requireMemory(e);
      throw unknown(node, where, e);
    }
  }

  private static Class<?> named(FlatNode node, Op.Type group) {
    if (node.opName() == null) {
      return null;
    }
    if (group == Op.Type.CUSTOM
        && node.opNum() != FlatBuffersMapper.getOpNum(node.opName(), Op.Type.CUSTOM)) {
      return null;
    }
    return DifferentialFunctionClassHolder.getInstance()
        .customOpClassForHashAndName(node.opNum(), node.opName());
  }

  private static PruningException unknown(FlatNode node, String where, Throwable cause) {
    return new PruningException(
        Code.UNKNOWN_OP,
        String.format(
            Locale.ROOT,
            "%s is of type %s (kind %d, number %d), which this version of ND4J does not have: the file"
                + " is damaged, or another version wrote it",
            where,
            node.opName(),
            node.opType(),
            node.opNum()),
        cause);
  }

  /** ND4J makes arrays of the stated shape from a list of numbers without comparing the two. */
  private void property(FlatProperties p, String where) {
    int axes = p.shapeLength();
    if (axes > 3) {
      throw Faults.badFile(where + " has rank " + axes);
    }
    for (int i = 0; i < p.aLength(); i++) {
      ArrayCheck.require(p.a(i), maxRank, where);
    }
    if (axes == 0) {
      return;
    }
    long product = 1;
    for (int d = 0; d < axes; d++) {
      if (p.shape(d) < 0) {
        throw Faults.badFile(where + " has a side of " + p.shape(d));
      }
      product = Math.min(Integer.MAX_VALUE, product * p.shape(d));
    }
    int given = 0;
    for (int length :
        new int[] {p.iLength(), p.lLength(), p.dLength(), p.bLength(), p.sLength(), p.aLength()}) {
      given += length;
    }
    if (product != given) {
      throw Faults.badFile(
          String.format(
              Locale.ROOT, "%s holds %d values, and its shape means %d", where, given, product));
    }
    // as ND4J reads the first array of a list for each of them
    if (p.aLength() > 1) {
      throw Faults.badFile(where + " is a list of arrays, which this version of ND4J cannot read");
    }
  }
}
