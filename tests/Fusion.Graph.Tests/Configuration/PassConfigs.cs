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

    [TestCase("""{ "enable_fi_allreduce_fusoin": true }""", "enable_fi_allreduce_fusoin", "did you mean 'enable_fi_allreduce_fusion'?")]
    [TestCase("""{ "noopElimination ": true }""", "noopElimination ", "did you mean 'noOpElimination'?")]
    [TestCase("""{ "zzz": 1 }""", "zzz", "there is no such field. The fields are noOpElimination,")]
    [TestCase("""{ "enable_noop": 1 }""", "enable_noop", "it is 1: expected true or false")]
    [TestCase("""{ "enable_fi_allreduce_fusion": true, "allReduceFusion": false }""", "allReduceFusion", "say different things of the same")]
    [TestCase("""{ "maxSizeMb": 64 }""", "maxSizeMb", "expected an object of world sizes and MiB")]
    [TestCase("""{ "maxSizeMb": { "9": 1 } }""", "maxSizeMb", "'9' is none of the world sizes 2 to 8 and 16")]
    [TestCase("""{ "maxSizeMb": { "2": -1 } }""", "maxSizeMb", "for 2 ranks it is -1: expected MiB, 0 or more")]
    [TestCase("""{ "policy": 3 }""", "policy", "expected the path of a policy file")]
    [TestCase("[]", "", "expected an object")]
    [TestCase("{", "", "it is no JSON")]
    public void AMistakeNamesTheField(string json, string field, string words)
    {
        var e = Assert.Throws<PassConfigException>(() => FusionPassConfig.Parse(json))!;
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
            Assert.That(() => FusionPassConfig.Load(Path.Combine(folder, "none.json")), Throws.TypeOf<PassConfigException>());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
