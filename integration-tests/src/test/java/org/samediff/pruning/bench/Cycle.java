package org.samediff.pruning.bench;

import java.util.List;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.DataSetPreProcessor;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/** The same minibatches in the same order at each pass. */
public final class Cycle implements DataSetIterator {
  private final List<DataSet> data;
  private int next;

  public Cycle(List<DataSet> data) {
    this.data = data;
  }

  @Override
  public boolean hasNext() {
    return next < data.size();
  }

  @Override
  public DataSet next() {
    return data.get(next++);
  }

  @Override
  public DataSet next(int count) {
    return next();
  }

  @Override
  public void reset() {
    next = 0;
  }

  @Override
  public boolean resetSupported() {
    return true;
  }

  @Override
  public boolean asyncSupported() {
    return false;
  }

  @Override
  public int inputColumns() {
    return data.get(0).numInputs();
  }

  @Override
  public int totalOutcomes() {
    return data.get(0).numOutcomes();
  }

  @Override
  public int batch() {
    return data.get(0).numExamples();
  }

  @Override
  public void setPreProcessor(DataSetPreProcessor preProcessor) {
    throw new UnsupportedOperationException();
  }

  @Override
  public DataSetPreProcessor getPreProcessor() {
    return null;
  }

  @Override
  public List<String> getLabels() {
    return null;
  }
}
