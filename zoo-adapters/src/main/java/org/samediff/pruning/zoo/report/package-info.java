/** What a run came to, to look at: an HTML page, the same as JSON, TensorBoard event files. */
@NullMarked
package org.samediff.pruning.zoo.report;

import org.jspecify.annotations.NullMarked;
