package org.samediff.pruning.zoo.dl4j;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.L2NormalizeVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.PreprocessorVertex;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.conf.graph.ShiftVertex;
import org.deeplearning4j.nn.conf.graph.SubsetVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.Convolution2D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LocalResponseNormalization;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.Pooling2D;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.SpaceToDepthLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping2D;
import org.deeplearning4j.nn.conf.layers.objdetect.Yolo2OutputLayer;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * The table of contents: configuration class to converter. A class that is not in it is refused.
 */
final class LayerConverters {
  private static final Map<Class<?>, LayerConverter<Object>> CONVERTERS = new LinkedHashMap<>();

  static {
    add(ConvolutionLayer.class, Convolutions::plain);
    add(Convolution2D.class, Convolutions::plain);
    add(SeparableConvolution2D.class, Convolutions::separable);
    add(DepthwiseConvolution2D.class, Convolutions::depthwise);
    add(Deconvolution2D.class, Convolutions::transposed);
    add(SubsamplingLayer.class, Poolings::windows);
    add(Pooling2D.class, Poolings::windows);
    add(GlobalPoolingLayer.class, Poolings::wholeMap);
    add(BatchNormalization.class, Normalizations::batch);
    add(LocalResponseNormalization.class, Normalizations::localResponse);
    add(DropoutLayer.class, Dropouts::layer);
    add(ZeroPaddingLayer.class, Shapes::zeroPadding);
    add(Cropping2D.class, Shapes::cropping);
    add(Upsampling2D.class, Shapes::upsampling);
    add(SpaceToDepthLayer.class, Shapes::spaceToDepth);
    add(DenseLayer.class, DenseLayers::dense);
    add(ActivationLayer.class, DenseLayers::activation);
    add(OutputLayer.class, DenseLayers::output);
    add(LossLayer.class, DenseLayers::loss);
    add(CnnLossLayer.class, DenseLayers::cnnLoss);
    add(CenterLossOutputLayer.class, CenterLoss::layer);
    add(Yolo2OutputLayer.class, Yolo::layer);
    add(ElementWiseVertex.class, Vertices::elementWise);
    add(MergeVertex.class, Vertices::merge);
    add(SubsetVertex.class, Vertices::subset);
    add(ScaleVertex.class, Vertices::scale);
    add(ShiftVertex.class, Vertices::shift);
    add(L2NormalizeVertex.class, Normalizations::l2);
    add(PreprocessorVertex.class, Vertices::preProcessor);
  }

  private LayerConverters() {}

  static SDVariable convert(NodeContext node) {
    Object configuration = node.node().configuration();
    LayerConverter<Object> converter = CONVERTERS.get(configuration.getClass());
    if (converter == null) {
      throw node.unsupported(
          "is of a kind that is not supported; supported are " + names(CONVERTERS.keySet()));
    }
    return converter.convert(configuration, node);
  }

  /** Simple names, in order. */
  static String names(Collection<Class<?>> types) {
    return types.stream().map(Class::getSimpleName).sorted().collect(Collectors.joining(", "));
  }

  @SuppressWarnings("unchecked") // the key is the class of what the converter takes
  private static <T> void add(Class<T> type, LayerConverter<T> converter) {
    CONVERTERS.put(type, (LayerConverter<Object>) converter);
  }
}
