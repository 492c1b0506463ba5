package org.samediff.pruning.testing;

import java.util.List;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.DataSetPreProcessor;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/** Goes over a list of minibatches, as often as it is reset. */
public final class Batches implements DataSetIterator {
  private final List<DataSet> batches;
  private int next;

  public Batches(List<DataSet> batches) {
    this.batches = batches;
  }

  @Override
  public boolean hasNext() {
    return next < batches.size();
  }

  @Override
  public DataSet next() {
    return batches.get(next++);
  }

  @Override
  public DataSet next(int num) {
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
    return (int) batches.get(0).getFeatures().size(1);
  }

  @Override
  public int totalOutcomes() {
    return (int) batches.get(0).getLabels().size(1);
  }

  @Override
  public int batch() {
    return batches.get(0).numExamples();
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
