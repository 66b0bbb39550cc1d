using Fusion.Emulation.Tests.Support;

namespace Fusion.Emulation.Tests.Kernels;

/// <summary>Forms of instructions, whose results of pseudo-random operands are folded into one number each: that of an H100 stands in
/// <c>Hardware/h100.txt</c>.</summary>
public sealed class FormsOfTheHardware
{
    private const string Folder = "tests/Fusion.Emulator.Tests/Kernels/Hardware";
    private const int Few = 65_536;
    private const int Many = 10_000_000;

    private static IEnumerable<string[]> Recorded => Repository.Read($"{Folder}/h100.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Where(line => !line.StartsWith('#')).Select(line => line.Split(' '));

    [Test]
    public void GiveItsBits() => Assert.That(Run(Few), Is.EqualTo(Recorded.Select(line => $"{line[0]} {line[1]}")));

    [Test]
    [Explicit("It takes five minutes.")]
    public void GiveItsBitsForTenMillionOperands() => Assert.That(Run(Many), Is.EqualTo(Recorded.Select(line => $"{line[0]} {line[2]}")));

    private static List<string> Run(int count)
    {
        using var gpu = TestGpu.Of(Repository.Read($"{Folder}/forms.cu"), new() { Checks = KernelChecks.None });
        var results = new List<string>();
        foreach (var name in Recorded.Select(line => line[0]))
        {
            var sum = gpu.Buffer(0UL);
            gpu.Run(name, 64, 256, count, sum);
            results.Add($"{name} {TestGpu.Read(sum)[0]:x16}");
        }

        return results;
    }
}
