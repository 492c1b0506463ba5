package org.samediff.pruning.zoo.modelfile;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.autodiff.samediff.internal.Variable;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.layers.BatchNormalization;
import org.samediff.pruning.model.LoadOptions;
import org.samediff.pruning.model.ModelFiles;
import org.samediff.pruning.zoo.dl4j.ConvertedNetwork;
import org.samediff.pruning.zoo.dl4j.WeightsOnly;
import org.samediff.pruning.zoo.modelfile.ModelFileException.Code;

/** Reads a SameDiff file and finds its inputs, outputs and labels, which files do not name. */
final class SameDiffFile {
  /** What a converted network's training configuration names beside ND4J's classes. */
  private static final Set<String> OUR_CLASSES = Set.of(WeightsOnly.class.getName());

  private SameDiffFile() {}

  /**
   * @throws ModelFileException DAMAGED if it does not pass the checks of {@link ModelFiles#load}
   */
  static ConvertedNetwork read(Path file) {
    BatchNormalization.keepRunningAverages(SameDiff.create()); // makes the op classes known
    SameDiff sd;
    try {
      sd = ModelFiles.load(file, LoadOptions.DEFAULT.withUpdaterState().allowing(OUR_CLASSES));
    } catch (PruningException e) {
      throw new ModelFileException(Code.DAMAGED, "\"" + file + "\": " + e.getMessage(), e);
    }
    if (sd.getOps().isEmpty()) {
      throw new ModelFileException(
          Code.DAMAGED, "\"" + file + "\" holds no op; is it a file that SameDiff has saved?");
    }
    BatchNormalization.keepRunningAverages(sd);
    return describe(sd);
  }

  /** A graph with the roles of its variables as its TrainingConfig and its ops tell them. */
  static ConvertedNetwork describe(SameDiff sd) {
    TrainingConfig training = sd.getTrainingConfig();
    List<String> labels =
        training == null || training.getDataSetLabelMapping() == null
            ? List.of()
            : training.getDataSetLabelMapping();
    List<String> inputs =
        sd.getVariables().values().stream()
            .map(Variable::getVariable)
            .filter(v -> v.getVariableType() == VariableType.PLACEHOLDER)
            .map(SDVariable::name)
            .filter(name -> !labels.contains(name))
            .toList();
    List<String> losses = sd.getLossVariables();
    List<String> outputs =
        sd.getVariables().values().stream()
            .filter(v -> v.getVariable().getVariableType() == VariableType.ARRAY)
            .filter(v -> isOutput(v, sd, losses))
            .map(Variable::getName)
            .toList();
    return new ConvertedNetwork(
        sd,
        inputs,
        outputs,
        labels,
        Optional.empty(),
        losses.size() == 1 ? Optional.of(losses.get(0)) : Optional.empty(),
        Map.of(),
        List.of());
  }

  /** What nothing reads but the loss. */
  private static boolean isOutput(Variable variable, SameDiff sd, List<String> losses) {
    List<String> readers = variable.getInputsForOp();
    boolean readByLossOnly =
        readers == null
            || readers.stream()
                .allMatch(op -> losses.containsAll(sd.getOps().get(op).getOutputsOfOp()));
    return readByLossOnly && !losses.contains(variable.getName());
  }
}
