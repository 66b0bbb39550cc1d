using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Fusion.Runtime.Distributed.Launchers;

namespace Fusion.Runtime.Distributed.Tests.Launchers;

public sealed class SlurmHostLists
{
    [TestCase("node1", "node1")]
    [TestCase("node1,node2", "node1 node2")]
    [TestCase("node[01-04,07],gpu3", "node01 node02 node03 node04 node07 gpu3")]
    [TestCase("n[8-11]", "n8 n9 n10 n11")]
    [TestCase("n[098-101]", "n098 n099 n100 n101")]
    [TestCase("n[5]", "n5")]
    [TestCase("rack[1-2]node[3,5]", "rack1node3 rack1node5 rack2node3 rack2node5")]
    [TestCase("n[1-2]-ib.cluster.org,login-1", "n1-ib.cluster.org n2-ib.cluster.org login-1")]
    [TestCase("a[1-2][7-8]", "a17 a18 a27 a28")]
    [TestCase("[1-2]", "1 2")]
    public void AreExpanded(string list, string hosts) => Assert.That(SlurmHostList.Expand(list), Is.EqualTo(hosts.Split(' ')));

    [TestCase("")]
    [TestCase(",a")]
    [TestCase("a,")]
    [TestCase("a[1")]
    [TestCase("a]1[")]
    [TestCase("a[1]]")]
    [TestCase("a[[1]]")]
    [TestCase("a[]")]
    [TestCase("a[1-]")]
    [TestCase("a[-1]")]
    [TestCase("a[1-2-3]")]
    [TestCase("a[x]")]
    [TestCase("a[4-2]")]
    [TestCase("a[1,,2]")]
    [TestCase("a[9999999999999999999]")]
    public void ThatAreNoneAreRefused(string list) =>
        Assert.That(() => SlurmHostList.Expand(list).ToList(), Throws.TypeOf<FormatException>().With.Message.Not.Empty);

    [Test]
    public void AreReadNoFurtherThanNeeded() =>
        Assert.That(SlurmHostList.Expand("n[1-9000000000000000000]").Take(2), Is.EqualTo(new[] { "n1", "n2" }));

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public Property ExpandToWhatWasShortened() => Prop.ForAll(Groups.ToArbitrary(), groups =>
    {
        var list = string.Join(',', groups.Select(group => $"{group.Name}[{string.Join(',', group.Ranges.Select(range => Text(range, group.Width)))}]"));
        var hosts = groups.SelectMany(group => group.Ranges.SelectMany(range => Enumerable.Range(range.First, range.Count))
            .Select(number => group.Name + Digits(number, group.Width)));
        return SlurmHostList.Expand(list).SequenceEqual(hosts);
    });

    private static Gen<List<Group>> Groups =>
        (from name in Gen.Elements("node", "gpu-", "r1.n", "x")
         from width in Gen.Choose(1, 5)
         from ranges in (from first in Gen.Choose(0, 1200) from count in Gen.Choose(1, 20) select new Span(first, count)).NonEmptyListOf()
         select new Group(name, width, [.. ranges])).NonEmptyListOf().Select(groups => groups.ToList());

    private static string Text(Span range, int width) => range.Count == 1
        ? Digits(range.First, width)
        : $"{Digits(range.First, width)}-{Digits(range.First + range.Count - 1, width)}";

    private static string Digits(int number, int width) => number.ToString(CultureInfo.InvariantCulture).PadLeft(width, '0');

    private sealed record Span(int First, int Count);

    private sealed record Group(string Name, int Width, IReadOnlyList<Span> Ranges);
}
