package org.samediff.pruning.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.model.FlatTable.Child;
import org.samediff.pruning.model.FlatTable.Children;
import org.samediff.pruning.model.FlatTable.Field;
import org.samediff.pruning.model.FlatTable.Numbers;
import org.samediff.pruning.model.FlatTable.Scalar;
import org.samediff.pruning.model.FlatTable.Text;
import org.samediff.pruning.model.FlatTable.Texts;
import org.samediff.pruning.model.FlatTable.Unread;

/**
 * Walks a FlatBuffers file table by table and checks that everything it points to lies inside it:
 * behind this check the generated accessors cannot leave the buffer. Format: the FlatBuffers
 * internals page (a table begins with the distance to its vtable, which holds the offset of each
 * field; vectors and texts begin with their length; everything is little-endian).
 *
 * <p>Tables nest four deep by schema, so the walk does too. It adds up the bytes of all that it
 * visits, and no writer of ND4J shares an object between two owners: a file whose objects come to
 * more than its size uses one twice, and would take more memory than its size allows.
 */
final class StructureCheck {
  private final ByteBuffer file;
  private final int size;
  private final Limits limits;
  private final CharsetDecoder utf8 = StandardCharsets.UTF_8.newDecoder();
  private long visited;

  private StructureCheck(ByteBuffer file, Limits limits) {
    this.file = file.slice().order(ByteOrder.LITTLE_ENDIAN);
    size = file.remaining();
    this.limits = limits;
  }

  /**
   * Checks what remains in the buffer, which is not moved on.
   *
   * @throws PruningException BAD_FILE, TOO_LARGE
   */
  static void require(ByteBuffer file, Limits limits) {
    new StructureCheck(file, limits).check();
  }

  private void check() {
    if (size < 8) {
      throw bad("it has " + size + " bytes, and the smallest model has more");
    }
    table(FlatTable.GRAPH, target(0, "the root"), "FlatGraph");
  }

  private void table(FlatTable type, int at, String where) {
    require(at, 4, where);
    long vtable = (long) at - file.getInt(at);
    require(vtable, 4, "the vtable of " + where);
    int vtableSize = u16((int) vtable);
    int tableSize = u16((int) vtable + 2);
    if (vtableSize < 4 || vtableSize % 2 != 0 || tableSize < 4) {
      throw bad(
          String.format(
              Locale.ROOT,
              "the vtable of %s has %d bytes for a table of %d",
              where,
              vtableSize,
              tableSize));
    }
    require(vtable, vtableSize, "the vtable of " + where);
    require(at, tableSize, where);
    visit(tableSize, where);
    List<Field> fields = type.fields();
    for (int id = 0; id < fields.size(); id++) {
      int entry = 4 + 2 * id;
      int offset = entry < vtableSize ? u16((int) vtable + entry) : 0;
      Field field = fields.get(id);
      String name = where + " field " + id;
      if (offset == 0) {
        if (isRequired(field)) {
          throw bad(name + " is missing");
        }
        continue;
      }
      int width = field instanceof Scalar s ? s.size() : 4;
      if (offset < 4 || offset + width > tableSize) {
        throw bad(
            String.format(
                Locale.ROOT, "%s lies at %d of a table of %d bytes", name, offset, tableSize));
      }
      field(field, at + offset, name);
    }
  }

  private static boolean isRequired(Field field) {
    if (field instanceof Text t) {
      return t.required();
    }
    if (field instanceof Numbers n) {
      return n.required();
    }
    return field instanceof Child c && c.required();
  }

  private void field(Field field, int at, String name) {
    if (field instanceof Scalar || field instanceof Unread) {
      return;
    }
    int to = target(at, name);
    if (field instanceof Text) {
      text(to, name);
    } else if (field instanceof Numbers n) {
      vector(to, n.size(), name);
    } else if (field instanceof Texts) {
      int length = vector(to, 4, name);
      for (int i = 0; i < length; i++) {
        text(target(to + 4 + 4 * i, name), name);
      }
    } else if (field instanceof Child c) {
      table(c.table(), to, c.table().name());
    } else if (field instanceof Children c) {
      children(c.table(), to, name);
    }
  }

  private void children(FlatTable type, int to, String name) {
    int length = vector(to, 4, name);
    int most =
        type == FlatTable.VARIABLE
            ? limits.variables()
            : type == FlatTable.NODE ? limits.ops() : Integer.MAX_VALUE;
    if (length > most) {
      throw new PruningException(
          Code.TOO_LARGE,
          String.format(
              Locale.ROOT,
              "the file has %d of %s, and the limit is %d; raise it in Limits if you trust the file",
              length,
              type.name(),
              most));
    }
    for (int i = 0; i < length; i++) {
      table(type, target(to + 4 + 4 * i, name), type.name() + " " + i);
    }
  }

  /** Checks a vector; returns its length. */
  private int vector(int at, int elementSize, String name) {
    require(at, 4, name);
    long length = file.getInt(at) & 0xFFFFFFFFL;
    require(at + 4L, length * elementSize, name);
    visit(4 + length * elementSize, name);
    return (int) length;
  }

  private void text(int at, String name) {
    int length = vector(at, 1, name);
    if (length > limits.textBytes()) {
      throw new PruningException(
          Code.TOO_LARGE,
          String.format(
              Locale.ROOT,
              "%s is a text of %d bytes, and the limit is %d; raise it in Limits if you trust the file",
              name,
              length,
              limits.textBytes()));
    }
    require(at + 4L + length, 1, name);
    if (file.get(at + 4 + length) != 0) {
      throw bad(name + " is a text without an end");
    }
    try {
      utf8.decode(file.slice(at + 4, length));
    } catch (CharacterCodingException e) {
      throw bad(name + " is a text that is not UTF-8");
    }
  }

  /** Where the offset at this place leads; always forward. */
  private int target(int at, String name) {
    require(at, 4, name);
    long to = at + (file.getInt(at) & 0xFFFFFFFFL);
    if (to <= at || to > size - 4) {
      throw bad(
          String.format(
              Locale.ROOT,
              "%s at byte %d leads to byte %d of %d: the file is cut short or damaged",
              name,
              at,
              to,
              size));
    }
    return (int) to;
  }

  private void require(long at, long bytes, String name) {
    if (at < 0 || bytes < 0 || at > size - bytes) {
      throw bad(
          String.format(
              Locale.ROOT,
              "%s would take bytes %d to %d of %d: the file is cut short or damaged",
              name,
              at,
              at + bytes,
              size));
    }
  }

  private void visit(long bytes, String name) {
    visited += bytes;
    if (visited > size) {
      throw bad("at " + name + " its parts come to more than its size: it uses a part twice");
    }
  }

  private int u16(int at) {
    return file.getShort(at) & 0xFFFF;
  }

  private static PruningException bad(String what) {
    return Faults.badFile(what);
  }
}
