package org.samediff.pruning.zoo.cli;

import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.importance.Criterion;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the name of a criterion. */
final class CriterionConverter implements ITypeConverter<Criterion> {
  @Override
  public Criterion convert(String name) {
    try {
      return Criterion.named(name);
    } catch (PruningException | IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
