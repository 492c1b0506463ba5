package org.samediff.pruning.error;

/**
 * Everything this library refuses, with a {@link Code} to branch on and a message that names the
 * op, the numbers and the remedy. The graph that was passed in is unchanged.
 */
public final class PruningException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why an operation was refused. */
  public enum Code {
    /** The graph has no convolution whose filters can be cut. */
    NOTHING_TO_PRUNE,
    /** The graph has no TrainingConfig, loss or label mapping, and the operation needs it. */
    NO_TRAINING_CONFIG,
    /** The criterion needs class labels and the graph offers none. */
    NO_LABELS,
    /** A layer name or pattern matches nothing. */
    UNKNOWN_LAYER,
    /** An option is out of its range or contradicts another. */
    BAD_OPTION,
    /** The graph already holds masks of this library. */
    ALREADY_PRUNED,
    /** {@code compact} came before the masks were final or before redundant units reached zero. */
    NOT_READY,
    /** SameDiff would train or save something else than the graph that was passed in. */
    NOT_ADMITTED,
    /** The graph is damaged: its cross-references contradict each other, or a file is truncated. */
    DAMAGED_GRAPH,
    /** NaN or infinity in weights, activations, gradients or scores. */
    NON_FINITE,
    /** The compacted graph's outputs differ from the masked graph's. */
    NOT_EQUAL,
    /** A text is no pruning plan, or one that contradicts itself. */
    BAD_PLAN,
    /** A pruning plan was made for another graph. */
    PLAN_MISMATCH,
    /** Reading or writing a file failed. */
    IO,
    /** A file is no model, checkpoint or manifest, is cut short, or contradicts itself. */
    BAD_FILE,
    /** A file is not the one that its manifest or its own digest describes. */
    DIGEST_MISMATCH,
    /** A file has no manifest, and one was required. */
    NO_MANIFEST,
    /** A file or a part of it is larger than a limit, or a model than SameDiff's format. */
    TOO_LARGE,
    /** A file wants an op that this version of ND4J does not have. */
    UNKNOWN_OP,
    /** A training configuration names a class that is not on the allow-list. */
    FORBIDDEN_CLASS,
    /** There is no whole checkpoint to resume from. */
    NO_CHECKPOINT,
    /** A checkpoint was made for another graph or by a transform that is set otherwise. */
    CHECKPOINT_MISMATCH,
    /** The heap or native memory is exhausted. */
    OUT_OF_MEMORY,
    /** Another thread trains this graph. */
    CONCURRENT_USE,
    /** The run was asked to stop, and its checkpoint is written. */
    STOPPED
  }

  /** What went wrong. */
  private final Code code;

  /**
   * An error.
   *
   * @param message names the op, the numbers and the remedy
   */
  public PruningException(Code code, String message) {
    super(message);
    this.code = code;
  }

  /** The same with what brought it about. */
  public PruningException(Code code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /** NaN or infinity met at a training step. */
  public static PruningException nonFinite(String kind, String op, String what, int iteration) {
    return new PruningException(
        Code.NON_FINITE,
        kind
            + " \""
            + op
            + "\": "
            + what
            + " hold NaN or infinity at iteration "
            + iteration
            + "; the last good mask is kept. Lower the learning rate or check the data, and go on from"
            + " the last checkpoint");
  }

  /** What went wrong; docs/errors.md says what to do about each. */
  public Code code() {
    return code;
  }
}
