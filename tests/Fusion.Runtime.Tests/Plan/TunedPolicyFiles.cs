using FsCheck;
using FsCheck.Fluent;
using Fusion.Manifest;

namespace Fusion.Runtime.Tests.Plan;

public sealed class TunedPolicyFiles
{
    private const string H100 = "NVIDIA H100 80GB HBM3";
    private const string H200 = "NVIDIA H200";
    private static readonly ComputeCapability Hopper = new(9, 0);

    private string folder = "";

    [SetUp]
    public void MakeAFolder() => folder = Directory.CreateTempSubdirectory("fusion policies ").FullName;

    [TearDown]
    public void DeleteIt() => Directory.Delete(folder, recursive: true);

    [Test]
    public void LimitsHoldForTheGpuTheTopologyAndTheRanksThatWereMeasuredAlone()
    {
        Write(H100, GroupTopology.Gpus, Row(H100, GroupTopology.Gpus, 4, 1234));
        var policy = TunedPolicies.Read([H100, H200], folder);

        Assert.That(policy.RowFor(Hopper, GroupTopology.Gpus, 4, H100)!.OneShotUpTo, Is.EqualTo(1234));
        foreach (var (topology, ranks, gpu) in new[]
        {
            (GroupTopology.Gpus, 4, H200), (GroupTopology.Gpus, 4, (string?)null), (GroupTopology.Gpus, 2, H100), (GroupTopology.Loopback, 4, H100),
        })
        {
            var row = policy.RowFor(Hopper, topology, ranks, gpu)!;
            var builtIn = AllReducePolicy.Default.RowFor(Hopper, topology, ranks)!;
            Assert.That(row with { Source = builtIn.Source }, Is.EqualTo(builtIn));
            Assert.That(row.Source, Does.StartWith(builtIn.Source).And.Contain($"{folder} has no limits tuned for"));
        }
    }

    [Test]
    public void APlanNamesTheFileOfItsLimits()
    {
        Write(H100, GroupTopology.Gpus, Row(H100, GroupTopology.Gpus, 8, 1 << 20) with { Source = "tuned by 9 calls" });
        var request = Requests.Of(tokens: 64) with { Gpu = H100, Policy = TunedPolicies.Read([H100], folder) };

        Assert.That(AllReduceDispatcher.Plan(request).Reason, Does.EndWith(
            $"one-shot's limit of 1,048,576 (sm_90, 8 ranks; tuned by 9 calls, in {folder}/nvidia-h100-80gb-hbm3.gpus.json)"));
        Assert.That(AllReduceDispatcher.Plan(request with { Gpu = H200 }).Reason, Does.EndWith(
            $"; {folder} has no limits tuned for {H200})"));
    }

    [Test]
    public void AFolderThatIsNotThereIsTheDefault()
    {
        var policy = TunedPolicies.Read([H100], Path.Combine(folder, "none"));
        Assert.That(policy.Rows, Is.Empty);
        Assert.That(TunedPolicies.Read([H100], null).RowFor(Hopper, GroupTopology.Gpus, 2, H100)!.Source, Does.Contain(TunedPolicies.Variable));
    }

    [Test]
    public void OnTheEmulatorOrWithoutAGpuTheStaticPropertyIsTheDefaultAndSaysSo()
    {
        var row = AllReducePolicy.Tuned.RowFor(Hopper, GroupTopology.Gpus, 2, "a GPU that no machine has")!;
        Assert.That(row.Source, Does.Contain("has no limits tuned for a GPU that no machine has"));
    }

    [TestCase("{ \"rows\": [", "")]
    [TestCase("{ \"rows\": [ { \"gpu\": \"\", \"oneShotUpTo\": 1 } ] }", "gpu")]
    [TestCase("{ \"rows\": [ { \"oneShotUpTo\": 1 } ] }", "gpu")]
    [TestCase("{ \"rows\": [ { \"gpu\": \"NVIDIA H200\", \"topology\": \"gpus\", \"oneShotUpTo\": 1 } ] }", "gpu")]
    [TestCase("{ \"rows\": [ { \"gpu\": \"NVIDIA H100 80GB HBM3\", \"topology\": \"loopback\", \"oneShotUpTo\": 1 } ] }", "topology")]
    [TestCase("{ \"rows\": [ { \"gpu\": \"NVIDIA H100 80GB HBM3\", \"oneShotUpTo\": 1 } ] }", "topology")]
    public void AFileThatIsWrongOrForAnotherGpuIsAnErrorForThisGpuAlone(string json, string field)
    {
        var file = TunedPolicies.FileOf(folder, H100, GroupTopology.Gpus);
        File.WriteAllText(file, json);

        var error = Assert.Throws<FusionDataException>(() => TunedPolicies.Read([H200, H100], folder))!;

        Assert.That((error.Code, error.File, error.Field), Is.EqualTo(("FUSION3003", file, field)), error.Message);
        Assert.That(TunedPolicies.Read([H200], folder).Rows, Is.Empty);
    }

    [Test]
    public void AFileIsReplacedWholeAndItsFolderIsMade()
    {
        var file = Path.Combine(folder, "new", "policy.json");
        TunedPolicies.ThrowUnlessWritable(file);
        Assert.That(Directory.GetFiles(Path.GetDirectoryName(file)!), Is.Empty);
        foreach (var limit in new[] { 1, 2 }) TunedPolicies.Write(AllReducePolicy.WithLimits(limit), file);

        Assert.That(AllReducePolicy.Load(file).Rows.Single().OneShotUpTo, Is.EqualTo(2));
        Assert.That(Directory.GetFiles(Path.GetDirectoryName(file)!), Is.EqualTo([file]));
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public bool AFilesNameIsSafeWhateverTheGpuIsCalled(string? gpu)
    {
        var name = Path.GetFileName(TunedPolicies.FileOf("/policies", gpu ?? "", GroupTopology.Gpus));
        return TunedPolicies.FileOf("/policies", gpu ?? "", GroupTopology.Gpus) == $"/policies/{name}" && name.EndsWith(".gpus.json", StringComparison.Ordinal) &&
            name[..^".gpus.json".Length] is { Length: > 0 } stem && stem.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-');
    }

    // A tuned row must not leak to another GPU, and never lose to a row that names less.
    [FsCheck.NUnit.Property(MaxTest = 500)]
    public Property ARowThatNamesAGpuHoldsForItAlone() => Prop.ForAll(
        (from named in Gen.Elements(H100, H200)
         from asked in Gen.Elements(H100, H200, null)
         from ranks in Gen.Elements(2, 3, 4, 8)
         from sm in Gen.Elements(80, 90, 100)
         select (Named: named, Asked: asked, Ranks: ranks, Capability: ComputeCapability.FromNumber(sm))).ToArbitrary(),
        at =>
        {
            var policy = AllReducePolicy.WithLimits(1)
                .With(new() { Architecture = $"sm_{at.Capability.Number}", Topology = GroupTopology.Gpus, WorldSize = at.Ranks, OneShotUpTo = 2 })
                .With(new() { Gpu = at.Named, OneShotUpTo = 3 });
            return policy.RowFor(at.Capability, GroupTopology.Gpus, at.Ranks, at.Asked)!.OneShotUpTo == (at.Named == at.Asked ? 3 : 2);
        });

    private static AllReducePolicyRow Row(string gpu, GroupTopology topology, int ranks, long oneShot) => new()
    {
        Architecture = "sm_90",
        Gpu = gpu,
        Topology = topology,
        WorldSize = ranks,
        OneShotUpTo = oneShot,
        TwoShotUpTo = 128 << 20,
    };

    private void Write(string gpu, GroupTopology topology, AllReducePolicyRow row) =>
        TunedPolicies.Write(AllReducePolicy.Default.With(row), TunedPolicies.FileOf(folder, gpu, topology));
}
