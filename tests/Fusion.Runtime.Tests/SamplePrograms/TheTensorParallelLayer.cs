namespace Fusion.Runtime.Tests.SamplePrograms;

/// <summary>The sample as a user starts it.</summary>
public sealed class TheTensorParallelLayer
{
    [TestCase(2, 1)]
    [TestCase(3, 5)]
    public void AgreesWithTheReferenceOnTheCpu(int ranks, int tokens)
    {
        var (exitCode, output) = SampleProgram.Run("TensorParallelLayer", $"--on cpu --ranks {ranks} --tokens {tokens}");

        Assert.That(exitCode, Is.Zero, output);
        foreach (var (model, hidden, quantization) in new[] { ("llama-3-8b", 4096, "StaticFp8"), ("qwen3-32b", 5120, "NvFp4") })
        {
            Assert.That(output, Does.Contain($"{model}: {ranks} ranks, Cpu, {tokens} tokens of {hidden} bf16, {quantization}\n" +
                "  after attention: one-shot (on the CPU each rank reads the inputs of all: nothing is exchanged, " +
                "and every strategy is the same)\n  after MLP: one-shot"));
        }

        var verdict = $"  all {ranks} ranks agree and have the bits of the reference, after both\n";
        Assert.That(output.Split(verdict), Has.Length.EqualTo(3), output);
        Assert.That(output, Does.EndWith("PASS\n"));
    }

    [Test]
    public void SaysWhyItCannotRun()
    {
        var (exitCode, output) = SampleProgram.Run("TensorParallelLayer", "--on cpu --ranks 9");

        Assert.That(exitCode, Is.EqualTo(2));
        Assert.That(output, Does.Contain("FUSION4001: A group of 9 ranks was asked for"));
        Assert.That(output, Does.Not.Contain("PASS"));
    }
}
