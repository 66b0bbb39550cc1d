namespace Fusion.Runtime.Tests.Plan;

public sealed class PolicyFiles
{
    private string file = "";

    [SetUp]
    public void MakeAFile() => file = Path.GetTempFileName();

    [TearDown]
    public void DeleteIt() => File.Delete(file);

    [Test]
    public void WhatIsSavedIsLoaded()
    {
        var policy = AllReducePolicy.WithLimits(65536)
            .With(new()
            {
                Architecture = "sm_90",
                Gpu = "NVIDIA H200",
                Topology = GroupTopology.Gpus,
                WorldSize = 8,
                OneShotUpTo = 131072,
                TwoShotUpTo = 33554432,
                Source = "measured on our machine",
            });
        policy.Save(file);
        Assert.That(AllReducePolicy.Load(file).Rows, Is.EqualTo(policy.Rows));
    }

    [Test]
    public void CommentsAMarkAndACommaTooManyAreAllowed()
    {
        Write("\uFEFF{ // ours\n \"schema\": 1, \"rows\": [ { \"topology\": \"loopback\", \"oneShotUpTo\": 5, }, ], }");
        Assert.That(AllReducePolicy.Load(file).Rows, Is.EqualTo(
            new[] { new AllReducePolicyRow { Topology = GroupTopology.Loopback, OneShotUpTo = 5 } }));
    }

    [Test]
    public void AMisspelledFieldIsNamedWithItsLineAndTheOneThatIsMeant() => Expect(
        """
        {
          "rows": [
            { "oneShotUpTo": 1 },
            { "worldSize": 8,
              "oneShotUpto": 2 }
          ]
        }
        """, 5, "oneShotUpto", "there is no such field; did you mean 'oneShotUpTo'?");

    [Test]
    public void AFieldThatResemblesNothingGetsTheWholeList() => Expect(
        "{\n\"rows\": [ {\n\"zzz\": 1, \"oneShotUpTo\": 1 } ] }", 3, "zzz", "there is no such field. The fields are architecture, gpu, topology, worldSize");

    [Test]
    public void AFieldOfTheFileItselfToo() => Expect("{\n\n\"row\": [] }", 3, "row", "did you mean 'rows'?");

    [Test]
    public void AMissingLimitIsSaidToBeMissing() =>
        Expect("{ \"rows\": [\n{ \"worldSize\": 8 } ] }", 2, "oneShotUpTo", "it is missing");

    [Test]
    public void MissingRowsAreSaidToBeMissing() => Expect("{ \"schema\": 1 }", 1, "rows", "it is missing");

    [TestCase("{ \"rows\": [\n{ \"oneShotUpTo\": \"1 MiB\" } ] }", "oneShotUpTo", "expected a whole number of bytes")]
    [TestCase("{ \"rows\": [\n{ \"oneShotUpTo\": null } ] }", "oneShotUpTo", "it is null: expected a whole number of bytes")]
    [TestCase("{ \"rows\": [\n{ \"oneShotUpTo\": 1, \"oneShotUpTo\": 2 } ] }", "oneShotUpTo", "it is there twice; keep one")]
    [TestCase("{ \"rows\": [\n3 ] }", "", "it is 3: expected an object with architecture, ")]
    [TestCase("{ \"rows\": [\n{ \"oneShotUpTo\": 1.5 } ] }", "oneShotUpTo", "expected a whole number of bytes")]
    [TestCase("{ \"rows\": [\n{ \"topology\": \"mesh\", \"oneShotUpTo\": 1 } ] }", "topology", "\"gpus\", \"loopback\", \"cpu\" or \"machines\"")]
    [TestCase("{ \"rows\": [\n{ \"architecture\": 90, \"oneShotUpTo\": 1 } ] }", "architecture", "a string such as \"sm_90\"")]
    public void AValueOfTheWrongKindIsNamedWithWhatIsExpected(string json, string field, string words) =>
        Expect(json, 2, field, words);

    [TestCase("\"worldSize\": 9,\n\"oneShotUpTo\": 1", 3, "worldSize", "9 is none of the world sizes 2 to 8 and 16")]
    [TestCase("\"oneShotUpTo\": 4096,\n\"twoShotUpTo\": 4095", 4, "twoShotUpTo", "4095 is less than oneShotUpTo, 4096")]
    [TestCase("\"oneShotUpTo\":\n-1", 3, "oneShotUpTo", "-1 is negative")]
    [TestCase("\"oneShotUpTo\": 1,\n\"architecture\":\n\"hopper\"", 4, "architecture", "'hopper' is no GPU")]
    public void AValueThatMakesNoSenseIsNamedWithItsLine(string row, int line, string field, string words) =>
        Expect($"{{ \"rows\": [ {{ \"oneShotUpTo\": 1, \"worldSize\": 2 }},\n{{\n{row} }} ] }}", line, field, words);

    [Test]
    public void TwoRowsForTheSameGroupsAreRefused() => Expect(
        "{ \"rows\": [ { \"worldSize\": 4, \"oneShotUpTo\": 1 },\n{ \"oneShotUpTo\": 1 },\n{ \"worldSize\": 4, \"oneShotUpTo\": 2 } ] }",
        3, "rows", "row 2 is for the same groups as row 0 (any GPU, 4 ranks, anywhere)");

    [Test]
    public void AnEmptyRowIsRefused() => Expect("{ \"rows\": [\nnull ] }", 2, "rows", "row 0 is null");

    [Test]
    public void ANewerFormatIsRefused() => Expect("{\n\"schema\": 2, \"rows\": [] }", 2, "schema", "2 is not known");

    [TestCase("", 1)]
    [TestCase("{\n\"rows\": [", 2)]
    [TestCase("{ \"rows\": [] }\n}", 2)]
    [TestCase("null", 1)]
    public void WhatIsNoJsonIsRefusedWithItsLine(string json, int line) => Expect(json, line, "", "");

    [Test]
    public void AFileThatIsNotThereIsNamed()
    {
        var error = Assert.Throws<FusionDataException>(() => AllReducePolicy.Load("/there/is/none.json"));
        Assert.That(error, Has.Property(nameof(FusionDataException.Line)).Zero
            .And.Message.Contains("'/there/is/none.json'").And.Message.Contains("cannot be read"));
    }

    private void Write(string json) => File.WriteAllText(file, json);

    private void Expect(string json, int line, string field, string words)
    {
        Write(json);
        var error = Assert.Throws<FusionDataException>(() => AllReducePolicy.Load(file));
        Assert.That(error!.Message, Does.Contain(words).And.Contain($"'{file}'"));
        Assert.That((error.Line, error.Field, error.File), Is.EqualTo((line, field, file)), error.Message);
    }
}
