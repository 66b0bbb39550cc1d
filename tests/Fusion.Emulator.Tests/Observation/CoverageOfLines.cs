using System.Text.RegularExpressions;
using Fusion.Emulation.Tests.Support;

namespace Fusion.Emulation.Tests.Observation;

/// <summary>Files of lcov, which tell how often each line of a kernel was run.</summary>
public sealed partial class CoverageOfLines
{
    private const string Source = """
        extern "C" __global__ void classify(const int* values, int* kinds, int count) {
          const int i = threadIdx.x;
          if (i >= count) return;
          if (values[i] < 0)
            kinds[i] = values[i] * 3;
          else if (values[i] > 1000)
            kinds[i] = values[i] / 7;
          else
            kinds[i] = values[i] ^ 5;
        }
        extern "C" __global__ void never(int* values) {
          values[threadIdx.x] = 4;
        }
        """;

    private static readonly int[] Values = [.. Enumerable.Range(-10, 40)];

    private DirectoryInfo folder = null!;

    private string SourceFile => Path.Combine(folder.FullName, "kinds.cu");

    private string CoverageFile => Path.Combine(folder.FullName, "lcov.info");

    [SetUp]
    public void MakeAFolder()
    {
        folder = Directory.CreateTempSubdirectory("fusion-coverage");
        File.WriteAllText(SourceFile, Source);
    }

    [TearDown]
    public void Delete()
    {
        Environment.SetEnvironmentVariable("FUSION_EMULATOR_COVERAGE", null);
        folder.Delete(recursive: true);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void CountTheThreadsThatRanALine(bool byVariable)
    {
        if (byVariable) Environment.SetEnvironmentVariable("FUSION_EMULATOR_COVERAGE", CoverageFile);
        for (var run = 1; run <= 2; run++)
        {
            Run(Ptx(), byVariable ? new() : new() { CoverageFile = CoverageFile });

            var (file, lines) = Read();
            using (Assert.EnterMultipleScope())
            {
                Assert.That(file, Is.EqualTo(SourceFile));
                Assert.That(lines[4], Is.EqualTo(40 * run), "all compare");
                Assert.That(lines[5], Is.EqualTo(10 * run), "the negative ones");
                Assert.That(lines[7], Is.Zero, "none is so large");
                Assert.That(lines[9], Is.EqualTo(30 * run), "the others");
                Assert.That(lines[12], Is.Zero, "the kernel is not launched");
            }
        }
    }

    [Test]
    public void SayWhichKernelsHaveNoLines()
    {
        var console = Console.Error;
        using var errors = new StringWriter();
        Console.SetError(errors);
        try
        {
            Run(LocationLine().Replace(Ptx(), ""), new() { CoverageFile = CoverageFile });
        }
        finally
        {
            Console.SetError(console);
        }

        Assert.That(errors.ToString(), Does.Contain("FUSION6007").And.Contain("FusionLineInfo=true"));
        Assert.That(File.ReadAllLines(CoverageFile), Has.Some.Contains("'classify'").And.Some.Contains("'never'").And.None.StartsWith("SF:"));
    }

    [Test]
    public void LeaveOutSourcesThatAreNotThere()
    {
        File.Delete(SourceFile);

        Run(Ptx(), new() { CoverageFile = CoverageFile });

        Assert.That(File.ReadAllText(CoverageFile), Is.EqualTo($"# {SourceFile} is not on this machine\n"));
    }

    private static void Run(string ptx, EmulatorOptions options)
    {
        using var gpu = new TestGpu(ptx, options);
        gpu.Run("classify", 1, 64, gpu.Buffer(Values), gpu.Buffer(new int[40]), 40);
    }

    private (string File, Dictionary<int, long> Lines) Read()
    {
        var text = File.ReadAllLines(CoverageFile);
        Assert.That(text[0], Is.EqualTo("TN:"));
        Assert.That(text[^1], Is.EqualTo("end_of_record"));
        var counts = text.Where(line => line.StartsWith("DA:", StringComparison.Ordinal)).Select(line => line[3..].Split(','))
            .ToDictionary(parts => int.Parse(parts[0]), parts => long.Parse(parts[1]));
        Assert.That(text, Has.One.EqualTo($"LF:{counts.Count}").And.One.EqualTo($"LH:{counts.Count(one => one.Value > 0)}"));
        return (text[1]["SF:".Length..], counts);
    }

    // The compiler names a file that the test does not have.
    private string Ptx() => FileName().Replace(CudaSource.ToPtx(Source), $"\"{SourceFile}\"", 1);

    [GeneratedRegex("(?<=\\.file\\s+1\\s+)\"[^\"]+\"")]
    private static partial Regex FileName();

    [GeneratedRegex(@"^\s*\.loc.*$", RegexOptions.Multiline)]
    private static partial Regex LocationLine();
}
