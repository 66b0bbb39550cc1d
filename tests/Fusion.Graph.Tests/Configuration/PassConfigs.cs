using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Graph.Tests.Configuration;

public sealed class PassConfigs
{
    [Test]
    public void AnEmptyObjectIsTheDefault() => Assert.That(FusionPassConfig.Parse("{}"), Is.EqualTo(FusionPassConfig.Default));

    [Test]
    public void HaveFieldsOfTheirOwn()
    {
        var config = FusionPassConfig.Parse("""
            { // comments and commas are allowed
              "noOpElimination": false, "addNormFusion": false, "normQuantFusion": false, "allReduceFusion": false, "deadCode": false,
              "maxSizeMb": { "2": 64, "8": 0.5 }, "policy": null,
            }
            """);
        Assert.That(config with { MaxSizeMb = FusionPassConfig.Off.MaxSizeMb }, Is.EqualTo(FusionPassConfig.Off));
        Assert.That(new[] { config.MaxBytes(2), config.MaxBytes(8), config.MaxBytes(4) }, Is.EqualTo(new long?[] { 67108864, 524288, null }));
    }

    [Test]
    public void TakeVllmsNames()
    {
        var config = FusionPassConfig.Parse("""
            { "enable_noop": false, "enable_fusion": false, "enable_fi_allreduce_fusion": false, "fuse_allreduce_rms": false,
              "fi_allreduce_fusion_max_size_mb": { "4": 2 } }
            """);
        Assert.That((config.NoOpElimination, config.NormQuantFusion, config.AllReduceFusion, config.AddNormFusion),
            Is.EqualTo((false, false, false, true)));
        Assert.That(config.MaxBytes(4), Is.EqualTo(2 * 1024 * 1024));
    }

    [Test]
    public void TakeVllmsLimitAsOneNumberForAllWorldSizes()
    {
        var config = FusionPassConfig.Parse("""{ "fuse_allreduce_rms": true, "fi_allreduce_fusion_max_size_mb": 1.5 }""");
        Assert.That(AllReduceVocabulary.WorldSizes.Select(config.MaxBytes), Has.All.EqualTo(3 * 512 * 1024));
        Assert.That(config.Warnings, Is.Empty);
    }

    // All that vLLM has, as it writes it down.
    [Test]
    public void TakeThePassConfigOfVllmAsItIs()
    {
        var config = FusionPassConfig.Parse("""
            { "fuse_norm_quant": true, "fuse_act_quant": false, "fuse_attn_quant": null, "eliminate_noops": true, "enable_sp": false,
              "fuse_gemm_comms": false, "fuse_allreduce_rms": null, "fuse_minimax_qk_norm": null, "enable_qk_norm_rope_fusion": false,
              "fuse_rope_kvcache_cat_mla": null, "fuse_act_padding": null, "fuse_mla_dual_rms_norm": null, "fuse_rope_kvcache": null,
              "fuse_qk_norm_rope_kvcache": null, "sp_min_token_num": null, "fi_allreduce_fusion_max_size_mb": null,
              "enable_noop": null, "enable_fusion": null, "enable_attn_fusion": false, "enable_async_tp": false,
              "enable_sequence_parallelism": false, "enable_fi_allreduce_fusion": null }
            """);
        Assert.That(config, Is.EqualTo(FusionPassConfig.Default));
    }

    [TestCase("enable_sp")]
    [TestCase("enable_sequence_parallelism")]
    [TestCase("fuse_gemm_comms")]
    [TestCase("enable_async_tp")]
    [TestCase("fuse_act_quant")]
    [TestCase("fuse_attn_quant")]
    [TestCase("enable_attn_fusion")]
    [TestCase("enable_qk_norm_rope_fusion")]
    public void APassThatThereIsOnlyInVllmIsAWarning(string name)
    {
        var config = FusionPassConfig.Parse($$"""{ "{{name}}": true, "allReduceFusion": false }""");
        Assert.That(config.AllReduceFusion, Is.False);
        Assert.That(config.Warnings.Single(), Does.StartWith("FUSION5010: The pass configuration 'JSON' has '" + name + "': true, ")
            .And.Contain("Fusion does not have it"));
        Assert.That(Support.Layers.Build(1, QuantizationKind.None).Fuse(config).ToText(), Does.Contain("warning: FUSION5010: "));
    }

    [TestCase("fi_allreduce_fusion_max_token_num", "16384")]
    [TestCase("sp_min_token_num", "512")]
    [TestCase("rope_kvcache_fusion_max_token_num", "256")]
    public void SoIsALimit(string name, string value) => Assert.That(
        FusionPassConfig.Parse($$"""{ "{{name}}": {{value}} }""").Warnings.Single(), Does.Contain($"'{name}': {value}, "));

    [TestCase("""{ "fuse_act_qaunt": true }""", "fuse_act_qaunt", "did you mean 'fuse_act_quant'?")]
    [TestCase("""{ "fi_allreduce_fusion_max_size_mb": -1 }""", "fi_allreduce_fusion_max_size_mb", "it is -1: expected MiB, 0 or more")]
    [TestCase("""{ "fi_allreduce_fusion_max_size_mb": 1e999 }""", "fi_allreduce_fusion_max_size_mb", "it is 1e999: expected MiB, 0 or more")]
    [TestCase("""{ "maxSizeMb": { "2": 64, "4": 2, "8": 0.50, "3": 1 }, "fi_allreduce_fusion_max_size_mb": { "2": 64, "4": 2, "8": 0.50, "3": 2 } }""",
        "fi_allreduce_fusion_max_size_mb", "say different things of the same")]
    [TestCase("""{ "\ud800": 1 }""", "", "it is no JSON: a string is no text of Unicode")]
    [TestCase("{\n\"deadCode\": true,\n,}", "", "line 3: it is no JSON: what stands at byte 1 of the line")]
    [TestCase("""{ "enable_fi_allreduce_fusoin": true }""", "enable_fi_allreduce_fusoin", "did you mean 'enable_fi_allreduce_fusion'?")]
    [TestCase("""{ "noopElimination ": true }""", "noopElimination ", "did you mean 'noOpElimination'?")]
    [TestCase("""{ "zzz": 1 }""", "zzz", "there is no such field. The fields are noOpElimination,")]
    [TestCase("""{ "enable_noop": 1 }""", "enable_noop", "it is 1: expected true or false")]
    [TestCase("""{ "enable_fi_allreduce_fusion": true, "allReduceFusion": false }""", "allReduceFusion", "say different things of the same")]
    [TestCase("""{ "deadCode": true, "deadCode": true }""", "deadCode", "it is there twice")]
    [TestCase("""{ "maxSizeMb": "64" }""", "maxSizeMb", "expected an object of world sizes and MiB")]
    [TestCase("""{ "maxSizeMb": { "9": 1 } }""", "maxSizeMb", "'9' is none of the world sizes 2 to 8 and 16")]
    [TestCase("""{ "maxSizeMb": { "2": -1 } }""", "maxSizeMb", "for 2 ranks it is -1: expected MiB, 0 or more")]
    [TestCase("""{ "policy": 3 }""", "policy", "expected the path of a policy file")]
    [TestCase("[]", "", "expected an object")]
    [TestCase("{", "", "it is no JSON")]
    public void AMistakeNamesTheField(string json, string field, string words)
    {
        var e = Assert.Throws<FusionDataException>(() => FusionPassConfig.Parse(json))!;
        Assert.That((e.Code, e.Field), Is.EqualTo(("FUSION5004", field)));
        Assert.That(e.Message, Does.Contain(words));
    }

    [Test]
    public void AFileNamesAPolicyBesideIt()
    {
        var folder = Directory.CreateTempSubdirectory("fusion graph ").FullName;
        try
        {
            AllReducePolicy.WithLimits(1000, 2000).Save(Path.Combine(folder, "policy.json"));
            File.WriteAllText(Path.Combine(folder, "config.json"), """{ "policy": "policy.json" }""");
            Assert.That(FusionPassConfig.Load(Path.Combine(folder, "config.json")).Policy!.Rows.Single().OneShotUpTo, Is.EqualTo(1000));
            Assert.That(() => FusionPassConfig.Load(Path.Combine(folder, "none.json")), Throws.TypeOf<FusionDataException>());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
