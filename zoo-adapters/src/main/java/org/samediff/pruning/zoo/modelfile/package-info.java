/** Network files of Deeplearning4j, SameDiff, Keras and ONNX, read as untrusted input. */
@NullMarked
package org.samediff.pruning.zoo.modelfile;

import org.jspecify.annotations.NullMarked;
