using Fusion.Emulation.Tests.Support;

namespace Fusion.Emulation.Tests.Observation;

/// <summary>What a trace writes of a thread.</summary>
public sealed class Traces
{
    private const string Source = """
        __device__ __noinline__ int twice(int value) { return value * 2; }
        extern "C" __global__ void doubled(const int* from, int* to, int count) {
          const int i = blockIdx.x * blockDim.x + threadIdx.x;
          if (i < count) to[i] = twice(from[i]) + 7;
        }
        extern "C" __global__ void loops(int* to) { for (int i = 0; i < 1000; i++) to[i] = i * to[i]; }
        """;

    private static readonly int[] Values = [.. Enumerable.Range(0, 80).Select(i => i * 11)];

    [Test]
    public void HaveTheRegistersOfTheThreadThatWasChosen()
    {
        using var text = new StringWriter();
        using var gpu = TestGpu.Of(Source, new() { Trace = new() { Kernel = "double", Block = (1, 0, 0), Thread = (5, 0, 0), Writer = text } });
        var to = gpu.Buffer(new int[80]);

        gpu.Run("doubled", 2, 40, gpu.Buffer(Values), to, 80);
        gpu.Run("loops", 1, 1, gpu.Buffer(new int[1000]));

        var lines = text.ToString().Split(Environment.NewLine);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(lines[0], Does.StartWith("kernel doubled, launch ").And.Contain("block (1, 0, 0), thread (5, 0, 0)"));
            Assert.That(lines, Has.One.Match(@"^ +\d+ +\d+  test\.cu:4 +ld\.global\S* %r\d+, \[%rd\d+\];  %rd\d+=0x[0-9a-f]+ -> %r\d+=495 \(0x000001ef\)$"));
            // The function's own lines are there too.
            Assert.That(lines, Has.Some.Match(@"  test\.cu:1 +\S+ .*=990 \(0x000003de\)$"));
            Assert.That(lines, Has.One.Match(@"  test\.cu:4 +st\.global\S* .*=997 \(0x000003e5\)$"));
            Assert.That(lines, Has.None.Contains("loops"));
            Assert.That(lines, Has.One.StartsWith("kernel "));
        }
    }

    [Test]
    public void EndWhereTheThreadMakesAMistakeAndAfterSoManySteps()
    {
        using var text = new StringWriter();
        using var gpu = TestGpu.Of(Source, new() { Trace = new() { Writer = text, MaxSteps = 20 } });
        gpu.Run("loops", 1, 1, gpu.Buffer(new int[1000]));
        Assert.That(text.ToString(), Does.Contain("EmulatorTrace.MaxSteps is 20"));
        Assert.That(text.ToString().Split(Environment.NewLine), Has.Length.EqualTo(23));

        gpu.Fail("doubled", 1, 1, gpu.Buffer(Values), 64L, 1);

        Assert.That(text.ToString().TrimEnd().Split(Environment.NewLine)[^1], Does.Contain("st.global").And.Contain("-> stopped: a write of 4 bytes"));
    }

    [Test]
    public void AreWrittenToAFileThatAVariableNames()
    {
        var folder = Directory.CreateTempSubdirectory("fusion-trace");
        try
        {
            Environment.SetEnvironmentVariable("FUSION_EMULATOR_TRACE", Path.Combine(folder.FullName, "trace-%p.txt") + ";kernel=doubled;thread=2;steps=5");
            for (var i = 0; i < 2; i++)
            {
                using var gpu = TestGpu.Of(Source);
                gpu.Run("doubled", 1, 40, gpu.Buffer(Values), gpu.Buffer(new int[80]), 80);
            }

            var lines = File.ReadAllLines(Path.Combine(folder.FullName, $"trace-{Environment.ProcessId}.txt"));
            Assert.That(lines.Count(line => line.StartsWith("kernel doubled", StringComparison.Ordinal) && line.Contains("thread (2, 0, 0)")), Is.EqualTo(2));
            Assert.That(lines, Has.Length.EqualTo(14));
        }
        finally
        {
            Environment.SetEnvironmentVariable("FUSION_EMULATOR_TRACE", null);
            folder.Delete(recursive: true);
        }
    }

    [TestCase("trace.txt;block=a")]
    [TestCase("trace.txt;thread=1,2,3,4")]
    [TestCase("trace.txt;scale")]
    public void AreRefusedWhereTheVariableIsNotUnderstood(string setting)
    {
        Environment.SetEnvironmentVariable("FUSION_EMULATOR_TRACE", setting);
        try
        {
            Assert.That(() => Emulator.Use(), Throws.ArgumentException.With.Message.Contains("FUSION_EMULATOR_TRACE").And.Message.Contains(setting.Split(';')[1]));
        }
        finally
        {
            Environment.SetEnvironmentVariable("FUSION_EMULATOR_TRACE", null);
        }
    }
}
