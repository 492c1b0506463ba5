package org.samediff.pruning.it;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows of docs/architecture.md. */
@AnalyzeClasses(
    packages = "org.samediff.pruning",
    importOptions = {ImportOption.DoNotIncludeTests.class})
class ArchitectureTest {
  private static final String P = "org.samediff.pruning";

  @ArchTest
  static final ArchRule arrows =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("zoo")
          .definedBy(P + ".zoo..")
          .layer("root")
          .definedBy(P)
          .layer("importance")
          .definedBy(P + ".importance")
          .layer("training")
          .definedBy(P + ".training")
          .layer("compaction")
          .definedBy(P + ".compaction")
          .layer("deployment")
          .definedBy(P + ".deployment")
          .layer("latency")
          .definedBy(P + ".latency")
          .layer("rewrite")
          .definedBy(P + ".rewrite")
          .layer("channels")
          .definedBy(P + ".channels")
          .layer("graph")
          .definedBy(P + ".graph")
          .layer("layers")
          .definedBy(P + ".layers")
          .layer("ops")
          .definedBy(P + ".ops")
          .layer("model")
          .definedBy(P + ".model")
          .layer("error")
          .definedBy(P + ".error")
          .whereLayer("zoo")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("root")
          .mayOnlyBeAccessedByLayers("zoo")
          .whereLayer("compaction")
          .mayOnlyBeAccessedByLayers("root", "latency")
          .whereLayer("latency")
          .mayOnlyBeAccessedByLayers("root", "zoo")
          .whereLayer("model")
          .mayOnlyBeAccessedByLayers("root", "zoo")
          .whereLayer("deployment")
          .mayOnlyBeAccessedByLayers("root", "zoo")
          .whereLayer("training")
          .mayOnlyBeAccessedByLayers("root", "zoo")
          .whereLayer("importance")
          .mayOnlyBeAccessedByLayers("root", "training", "zoo")
          .whereLayer("rewrite")
          .mayOnlyBeAccessedByLayers("root", "training", "importance", "compaction")
          .whereLayer("channels")
          .mayOnlyBeAccessedByLayers(
              "root",
              "training",
              "importance",
              "compaction",
              "deployment",
              "latency",
              "rewrite",
              "zoo")
          .whereLayer("layers")
          .mayOnlyBeAccessedByLayers("zoo");

  @ArchTest
  static final ArchRule noCycles = slices().matching(P + ".(*)..").should().beFreeOfCycles();
}
